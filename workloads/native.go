package workloads

func init() {
	registerCSV("metronome", "our own: prompt_tokens,output_tokens, maybe arrival_s, tenant, class", columns{
		arrival: "arrival_s",
		prompt:  "prompt_tokens",
		output:  "output_tokens",
		tenant:  "tenant",
		class:   "class",
		time:    parseSeconds,
		untimed: true,
		closed:  true,
	})
}
