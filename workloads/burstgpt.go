package workloads

func init() {
	registerCSV("burstgpt", "BurstGPT, with or without sessions: Timestamp,Model,Request tokens,Response tokens,…", columns{
		arrival: "Timestamp",
		prompt:  "Request tokens",
		output:  "Response tokens",
		time:    parseSeconds,
	})
}
