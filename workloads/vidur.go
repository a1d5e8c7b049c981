package workloads

func init() {
	registerCSV("vidur", "Vidur and Etalon: num_prefill_tokens,num_decode_tokens, maybe arrived_at in seconds", columns{
		arrival: "arrived_at",
		prompt:  "num_prefill_tokens",
		output:  "num_decode_tokens",
		time:    parseSeconds,
		untimed: true,
	})
}
