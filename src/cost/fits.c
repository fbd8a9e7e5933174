/* SPDX-License-Identifier: Apache-2.0 */
/* The coefficient store: reads data/fits/ and finds the row for (chip, op, format, library).
 * Order of preference: the chip itself, its family, a chip joined alike (collectives), then the
 * files in their rank (H100 first); there the chip's own facts replace the file's. */
#include <math.h>
#include <string.h>

#include "cost_internal.h"

/* All rows of all files, list by list, in file order. */
static void *append(struct ot_arena *arena, void *old, size_t *n, const void *more, int64_t more_n,
                    size_t size)
{
    char *all = ot_arena_grow(arena, old, *n, *n + (size_t)more_n, size);
    if (more_n > 0)
        memcpy(all + *n * size, more, (size_t)more_n * size);
    *n += (size_t)more_n;
    return all;
}

static double peak_of(const struct ot__fit_spec *spec, enum ot_dtype dtype)
{
    const double bytes = ot_dtype_bytes(dtype);
    return bytes >= 2   ? spec->bf16_flop_per_s
           : bytes >= 1 ? spec->fp8_flop_per_s
                        : spec->fp4_flop_per_s;
}

static void add_kernels(struct ot_arena *arena, struct ot_fits *fits,
                        const struct ot__fit_file *file, struct ot_str path)
{
    const size_t first = fits->rows_n;
    fits->rows_n += (size_t)file->kernels_n;
    fits->rows = ot_arena_grow(arena, fits->rows, first, fits->rows_n, sizeof(*fits->rows));
    const struct ot__fit_spec *spec = &file->spec;
    for (int64_t i = 0; i < file->kernels_n; i++) {
        struct ot__fit_row *row = &fits->rows[first + (size_t)i];
        row->fit = file->kernels[i];
        row->topology = file->spec.topology;
        row->rank = file->rank;
        struct ot_fit *fit = &row->fit;
        fit->chip = file->chip;
        fit->family = file->family;
        fit->source = path;
        fit->peak_flop_per_s = peak_of(&file->spec, fit->dtype);
        fit->mem_bytes_per_s = file->spec.memory_bytes_per_s;
        fit->link_bytes_per_s = file->spec.link_bytes_per_s;
        fit->cache_bytes = file->spec.cache_bytes;
        fit->units = (double)file->spec.compute_units;
        row->best_share =
            ot_dtype_bytes(fit->dtype) >= 2 ? spec->best_bf16_flop_per_s / spec->bf16_flop_per_s
            : spec->fp8_flop_per_s > 0      ? spec->best_fp8_flop_per_s / spec->fp8_flop_per_s
                                            : 0;
    }
}

static enum ot_code add_file(struct ot_arena *arena, struct ot_catalog *catalog, struct ot_str path,
                             struct ot_str shown, struct ot_fits *fits, struct ot_err *err)
{
    struct ot_node *root = NULL;
    enum ot_code code = ot_yaml_load(arena, path.ptr, ot_catalog_sources(catalog), &root, err);
    if (code)
        return code;
    struct ot__fit_file *file = ot_arena_calloc(arena, 1, sizeof(*file));
    code = ot_field_load(&ot__fit_file_table, root, arena, NULL, file, err);
    if (code)
        return code;
    if (file->kernels_n > 0 &&
        (file->chip.len == 0 || file->rank == 0 || file->spec.compute_units == 0))
        return ot_err_set(err, OT_INPUT, root->loc, "kernels", ot_str_c(""),
                          "a file with kernels needs chip, rank and spec");
    add_kernels(arena, fits, file, shown);
    for (int64_t i = 0; i < file->neuron_n; i++)
        file->neuron[i].source = shown;
    for (int64_t i = 0; i < file->scales_n; i++)
        file->scales[i].source = shown;
    for (int64_t i = 0; i < file->network_n; i++)
        file->network[i].source = shown;
    for (int64_t i = 0; i < file->hosts_n; i++)
        file->hosts[i].source = shown;
    fits->neuron = append(arena, fits->neuron, &fits->neuron_n, file->neuron, file->neuron_n,
                          sizeof(*fits->neuron));
    fits->scales = append(arena, fits->scales, &fits->scales_n, file->scales, file->scales_n,
                          sizeof(*fits->scales));
    fits->bands = append(arena, fits->bands, &fits->bands_n, file->bands, file->bands_n,
                         sizeof(*fits->bands));
    fits->network = append(arena, fits->network, &fits->network_n, file->network, file->network_n,
                           sizeof(*fits->network));
    fits->hosts = append(arena, fits->hosts, &fits->hosts_n, file->hosts, file->hosts_n,
                         sizeof(*fits->hosts));
    return OT_OK;
}

static void list_rows(struct ot_arena *arena, struct ot_fits *fits)
{
    fits->plain = ot_arena_calloc(arena, fits->rows_n, sizeof(*fits->plain));
    for (size_t i = 0; i < fits->rows_n; i++)
        fits->plain[i] = fits->rows[i].fit;
}

enum ot_code ot_fits_open(struct ot_arena *arena, struct ot_catalog *catalog, struct ot_fits **ret,
                          struct ot_err *err)
{
    struct ot_fits *fits = ot_arena_calloc(arena, 1, sizeof(*fits));
    const struct ot_str dir =
        ot_path_join(arena, ot_str_c(ot_catalog_root(catalog)), ot_str_c("fits"));
    struct ot_str *names = NULL;
    size_t n = 0;
    enum ot_code code = ot_dir_list(arena, dir.ptr, ".yaml", &names, &n, err);
    for (size_t i = 0; i < n && code == OT_OK; i++)
        code = add_file(arena, catalog, ot_path_join(arena, dir, names[i]),
                        ot_str_fmt(arena, "fits/%s", names[i].ptr), fits, err);
    if (code)
        return code;
    for (int e = 0; e < OT_ENGINE_COUNT; e++)
        if (!ot_fits_host(fits, (enum ot_engine)e))
            return ot_err_plain(err, OT_INPUT, "%s: no host terms for engine '%s'", dir.ptr,
                                ot_engine_name((enum ot_engine)e));
    list_rows(arena, fits);
    *ret = fits;
    return OT_OK;
}

const struct ot_fit *ot_fits_rows(const struct ot_fits *fits, size_t *ret_n)
{
    *ret_n = fits->rows_n;
    return fits->plain;
}

static bool same_key(const struct ot_fit *a, const struct ot_fit *b)
{
    return a->op == b->op && a->dtype == b->dtype && a->library == b->library &&
           a->kind == b->kind && a->head_dim == b->head_dim && ot_str_eq(a->chip, b->chip);
}

struct ot_fits *ot_fits_with(struct ot_arena *arena, const struct ot_fits *fits,
                             const struct ot_fit *row)
{
    struct ot_fits *copy = ot_arena_calloc(arena, 1, sizeof(*copy));
    *copy = *fits;
    size_t at = 0;
    while (at < fits->rows_n && !same_key(&fits->rows[at].fit, row))
        at++;
    copy->rows_n = at == fits->rows_n ? at + 1 : fits->rows_n;
    copy->rows = ot_arena_grow(arena, fits->rows, fits->rows_n, copy->rows_n, sizeof(*copy->rows));
    if (at == fits->rows_n) {
        copy->rows[at].topology = OT_TOPOLOGY_none; /* serves its own chip only */
        copy->rows[at].rank = 1000;
    }
    copy->rows[at].fit = *row;
    list_rows(arena, copy);
    return copy;
}

const struct ot_host_fit *ot_fits_host(const struct ot_fits *fits, enum ot_engine engine)
{
    for (size_t i = 0; i < fits->hosts_n; i++)
        if (fits->hosts[i].engine == engine)
            return &fits->hosts[i];
    return NULL;
}

bool ot_fits_neuron(const struct ot_fits *fits, const struct ot_chip *chip,
                    struct ot_neuron_fit *ret)
{
    const struct ot_neuron_fit *relative = NULL;
    for (size_t i = 0; i < fits->neuron_n; i++) {
        const struct ot_neuron_fit *row = &fits->neuron[i];
        if (ot_str_eq(row->chip, chip->name)) {
            *ret = *row;
            return true;
        }
        if (chip->family.len > 0 && ot_str_eq(row->family, chip->family))
            relative = row; /* the last one of the family: the newest */
    }
    if (!relative || !chip->dma_bytes_per_s.has || chip->cores <= 0)
        return false;
    *ret = *relative;
    ret->label = OT_LABEL_transferred;
    ret->dma_core_bytes_per_s = chip->dma_bytes_per_s.value / (double)chip->cores;
    if (chip->rates[OT_DTYPE_bf16].roof.has)
        ret->tensor_core_flop_per_s = chip->rates[OT_DTYPE_bf16].roof.value / (double)chip->cores;
    if (chip->vector_clock_hz.has) {
        ret->cs_s *= ret->vector_clock_hz / chip->vector_clock_hz.value;
        ret->vector_clock_hz = chip->vector_clock_hz.value;
    }
    ret->decode_low = ret->decode_low < 0.7 ? ret->decode_low : 0.7;
    ret->decode_high = ret->decode_high > 1.5 ? ret->decode_high : 1.5;
    return true;
}

const struct ot_scale_fit *ot_fits_scale(const struct ot_fits *fits, const struct ot_chip *chip,
                                         enum ot_dtype dtype, const char *phase)
{
    const double want = ot_dtype_bytes(dtype);
    for (size_t i = 0; i < fits->scales_n; i++) {
        const struct ot_scale_fit *row = &fits->scales[i];
        const double have = ot_dtype_bytes(row->dtype);
        const bool alike = have < 1.5 * want && want < 1.5 * have; /* fp8 and mxfp8, not bf16 */
        if (alike && ot_str_eq(row->chip, chip->name) && ot_str_is(row->phase, phase))
            return row;
    }
    return NULL;
}

struct ot_pred ot_fits_band(const struct ot_fits *fits, const char *scope, enum ot_op op)
{
    for (size_t i = 0; i < fits->bands_n; i++) {
        const struct ot__band_fit *row = &fits->bands[i];
        if (ot_str_is(row->scope, scope) && (!row->has_op || row->op == op))
            return ot_pred_of(1, row->low, row->high, OT_LABEL_transferred);
    }
    return ot_pred_of(1, 0.4, 2.5, OT_LABEL_first_principles); /* nothing known of this kind */
}
