package hardware

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// harmless are the fields of a config.json that do not change the cost of an
// iteration by more than a few kernels' rounding.
var harmless = strings.Fields(`
	_name_or_path activation_function alibi apply_residual_connection_post_layernorm architectures
	attention_bias attention_chunk_size attention_dropout attention_softmax_in_fp32 attn_logit_softcapping attn_pdrop auto_map aux_loss_alpha
	bias bos_token_id cache_implementation clip_qkv do_layer_norm_before dropout dtype embd_pdrop embedding_dropout
	enable_bias eos_token_id ep_size experts_per_token final_logit_softcapping hidden_act hidden_activation hidden_dropout id2label
	initial_context_length initializer_range label2id layer_norm_elementwise_affine layer_norm_eps layer_norm_epsilon layerdrop
	logits_scaling mask_token_id max_seq_len mlp_bias model_type n_ctx n_group n_head_kv new_decoder_architecture
	norm_topk_prob num_ln_in_parallel_attn original_max_position_embeddings output_attentions output_router_logits pad_token_id parallel_attn partial_rotary_factor
	pretraining_tp prefix query_pre_attn_scalar rescale_prefix_seq_len_scaling resid_pdrop residual_multiplier rms_norm_eps rope_local_base_freq rope_ratio
	rope_scaling rope_theta rope_parameters router_aux_loss_coef router_jitter_noise routed_scaling_factor scale_attn_by_inverse_layer_idx scale_attn_weights
	scoring_func seq_aux sep_token_id summary_activation summary_first_dropout summary_proj_to_labels summary_type
	summary_use_proj swiglu_limit task_specific_params temperature topk_group topk_method torch_dtype transformers_version
	unk_token_id use_bfloat16 use_cache use_qk_norm vision_config word_embed_proj_dim reorder_and_upcast_attn
	_remove_final_layer_norm activation_dropout num_nextn_predict_layers boi_token_index eoi_token_index image_token_index mm_tokens_per_image`)

// suspicious are parts of the names of fields that may change the cost.
var suspicious = strings.Fields(`expert moe window head layer rank dim size sparse mamba ssm conv state ffn inter`)

// leftAside returns the fields of a config.json that nothing here knows. One whose
// name suggests that it changes the cost is an error.
func leftAside(file string, text []byte) ([]string, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	known := map[string]bool{}
	for _, name := range harmless {
		known[name] = true
	}
	t := reflect.TypeFor[config]()
	for i := range t.NumField() {
		known[t.Field(i).Tag.Get("json")] = true
	}
	var left []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := strings.TrimSpace(string(fields[name]))
		if known[name] || value == "null" || value == "false" {
			continue
		}
		for _, part := range suspicious {
			if strings.Contains(name, part) {
				return nil, fmt.Errorf("%s: %s: %.40s: this field may change the cost, and is not modelled", file, name, value)
			}
		}
		left = append(left, name)
	}
	if _, ok := fields["quantization_config"]; ok {
		left = append(left, "quantization_config (deployment.precision decides)")
	}
	if inner, ok := fields["text_config"]; ok {
		more, err := leftAside(file+": text_config", inner)
		return append(left, more...), err
	}
	return left, nil
}
