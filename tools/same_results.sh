#!/bin/sh
# The same question gives the same answer: byte for byte between two runs and between 1 and 2
# threads, and to 12 digits between gcc and clang, -O0 and -O2.
set -eu
cd "$(dirname "$0")/.."

build() { # dir, compiler, optimisation
    [ -f "$1/build.ninja" ] || CC=$2 meson setup "$1" -Doptimization="$3" -Dpage=disabled >/dev/null
    ninja -C "$1" --quiet offtake
}
build build-gcc-o2 gcc 2
build build-clang-o0 clang 0
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export XDG_DATA_HOME="$out" # its runs are not the user's

questions() {
    cat <<'Q'
kernel --chip h100-sxm --op gemm --m 128 --n 8192 --k 8192 --dtype bf16
step --model llama-3.1-70b --chip trainium2 --tp 16 --phase decode --batch 32 --context 2048
step --model deepseek-v3 --chip h200-sxm --tp 8 --ep 8 --phase decode --batch 64 --context 4096
serve --model llama-3.1-8b --chip h100-sxm --workload azure-conv-2023 --rate 4 --requests 2000
serve --model llama-3.1-8b --chip trainium2 --tp 4 --workload azure-conv-2023 --rate 0.5 --requests 500
size --model llama-3.1-8b --workload azure-conv-2023 --rate 50 --slo ttft_p95=1s,tpot_p95=40ms --chip h100-sxm,trainium2
plan examples/openai-amazon/plan.yaml
deal examples/openai-amazon/february-2026.yaml
Q
}

questions >"$out/questions"
n=0
while read -r question; do
    n=$((n + 1))
    # shellcheck disable=SC2086
    {
        build-gcc-o2/offtake $question --json --seed 7 --threads 1 >"$out/$n.a"
        build-gcc-o2/offtake $question --json --seed 7 --threads 2 >"$out/$n.b"
        build-clang-o0/offtake $question --json --seed 7 --threads 2 >"$out/$n.c"
    }
    cmp -s "$out/$n.a" "$out/$n.b" || { echo "differs between 1 and 2 threads: $question"; exit 1; }
    python3 tools/near_json.py "$out/$n.a" "$out/$n.c" 1e-12 || { echo "differs between compilers: $question"; exit 1; }
done <"$out/questions"
echo "same results: $n questions, 1 and 2 threads, gcc -O2 and clang -O0"
