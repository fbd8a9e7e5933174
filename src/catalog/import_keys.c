/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of config.json files the importer knows: those it reads, and those that change neither
 * the count of weights nor the cost of a step at the accuracy of this program. All others are
 * reported. */
#include "catalog/internal.h"

/* clang-format off */
static const char *const read_keys[] = {
    "model_type", "architectures", "text_config", "language_config", "llm_config", "torch_dtype", "dtype", "quantization_config",
    "tie_word_embeddings", "num_hidden_layers", "n_layer", "n_layers", "hidden_size", "n_embd",
    "d_model", "num_attention_heads", "n_head", "n_heads", "num_key_value_heads",
    "num_kv_heads", "multi_query", "new_decoder_architecture", "head_dim", "v_head_dim",
    "vocab_size", "max_position_embeddings", "n_positions", "max_seq_len", "intermediate_size",
    "n_inner", "ffn_dim", "intermediate_size_mlp", "dense_intermediate_size", "hidden_act",
    "hidden_activation", "activation_function", "mlp_hidden_act", "moe_intermediate_size",
    "num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts",
    "num_experts_per_tok", "num_experts_per_token", "experts_per_token", "top_k_experts",
    "moe_top_k", "n_shared_experts", "num_shared_experts", "shared_expert_intermediate_size",
    "moe_shared_expert_intermediate_size", "share_expert_dim", "shared_intermediate_size",
    "first_k_dense_replace", "moe_layer_freq", "mlp_only_layers", "decoder_sparse_step",
    "interleave_moe_layer_step", "moe_layers", "mlp_layer_types", "moe_layers_enum",
    "enable_moe_block", "routed_expert_hidden_size", "moe_latent_size", "kv_lora_rank",
    "q_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "o_lora_rank", "o_groups",
    "index_head_dim", "index_n_heads", "indexer_types", "compress_ratios", "sliding_window",
    "sliding_window_size", "use_sliding_window", "max_window_layers", "layer_types",
    "sliding_window_pattern", "_sliding_window_pattern", "hybrid_layer_pattern",
    "attention_chunk_size", "global_head_dim", "num_global_key_value_heads", "attention_k_eq_v",
    "full_attention_interval", "attn_output_gate", "linear_num_value_heads",
    "linear_num_key_heads", "linear_key_head_dim", "linear_value_head_dim",
    "linear_conv_kernel_dim", "mamba_ssm_dtype", "mamba_ssm_cache_dtype", "linear_attn_config",
    "hybrid_override_pattern", "layers_block_type", "mamba_num_heads", "mamba_head_dim",
    "ssm_state_size", "n_groups", "conv_kernel", "block_configs", "num_nextn_predict_layers",
    "mtp_num_hidden_layers", "num_mtp_modules", "expert_dtype", "swa_num_key_value_heads",
    "swa_num_attention_heads", "swa_head_dim", "swa_v_head_dim", "attention_other_setting",
    "num_attention_groups",
};
/* Identifiers, text generation, training, rope scaling, routing arithmetic, other modalities. */
static const char *const ignored_keys[] = {
    "_name_or_path", "_attn_implementation", "add_cross_attention", "aux_loss_alpha",
    "attention_bias", "attention_dropout", "attn_implementation", "audio_config", "auto_map",
    "bad_words_ids", "begin_suppress_tokens", "beta_fast", "beta_slow", "chunk_size",
    "chunk_size_feed_forward", "compress_rope_theta", "cross_attention_hidden_size",
    "decoder_start_token_id", "diversity_penalty", "do_sample", "early_stopping", "embd_pdrop",
    "encoder_no_repeat_ngram_size", "ep_size", "expand", "exponential_decay_length_penalty",
    "final_logit_softcapping", "attn_logit_softcapping", "query_pre_attn_scalar",
    "finetuning_task", "forced_bos_token_id", "forced_eos_token_id", "hc_eps", "hc_mult",
    "hc_sinkhorn_iters", "hidden_dropout", "hidden_size_per_layer_input", "id2label",
    "ignore_index", "media_placeholder_token_id", "index_topk", "indexer_rope_interleave",
    "initial_context_length", "initializer_range", "is_decoder", "is_encoder_decoder",
    "label2id", "layer_norm_epsilon", "layer_norm_eps", "length_penalty", "mamba_hidden_act",
    "mamba_proj_bias", "max_length", "min_length", "mlp_bias", "mtp_transformer_layers",
    "mtp_use_dedicated_embeddings", "n_group", "no_repeat_ngram_size", "norm_eps",
    "norm_topk_prob", "num_beam_groups", "num_beams", "num_hash_layers", "num_kv_shared_layers",
    "num_logits_to_keep", "num_return_sequences", "output_attentions", "output_hidden_states",
    "output_router_logits", "output_scores", "partial_rotary_factor", "prefix",
    "pretraining_tp", "problem_type", "pruned_heads", "qk_head_dim", "qk_norm_type",
    "remove_invalid_values", "repetition_penalty", "rescale_prenorm_residual", "resid_pdrop",
    "residual_in_fp32", "return_dict", "return_dict_in_generate", "rms_norm_eps",
    "rope_interleave", "rope_parameters", "rope_scaling", "rope_theta", "rope_local_base_freq",
    "rotary_dim", "rotary", "routed_scaling_factor", "router_aux_loss_coef", "scoring_func",
    "seq_aux", "suppress_tokens", "swiglu_limit", "task_specific_params", "temperature",
    "tf_legacy_loss", "tie_encoder_decoder", "time_step_floor", "time_step_max",
    "time_step_min", "time_step_limit", "tokenizer_class", "top_k", "top_p", "topk_group",
    "topk_method", "torchscript", "transformers_version", "typical_p", "use_bfloat16",
    "use_bias", "use_cache", "use_conv_bias", "use_double_wide_mlp", "use_mamba_kernels",
    "use_mtp", "use_qk_norm", "use_routing_bias", "use_unified_vision_chunk",
    "use_bidirectional_attention", "vision_config", "vision_soft_tokens_per_image",
    "vocab_size_per_layer_input", "mrope_section", "unsloth_fixed", "use_parallel_residual",
    "attn_pdrop", "bias", "alibi", "parallel_attn", "mm_tokens_per_image",
    "projector_hidden_act", "multi_modal_projector_bias",
};
/* clang-format on */

static bool listed(const char *const *keys, size_t n, struct ot_str key)
{
    for (size_t i = 0; i < n; i++)
        if (ot_str_is(key, keys[i]))
            return true;
    return false;
}

bool ot__import_knows(struct ot_str key)
{
    /* Special tokens and placeholders come under many names. */
    return ot_str_ends(key, "_token_id") || ot_str_ends(key, "_token_index") ||
           ot_str_ends(key, "_placeholder") || listed(read_keys, OT_COUNT(read_keys), key) ||
           listed(ignored_keys, OT_COUNT(ignored_keys), key);
}
