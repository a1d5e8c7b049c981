package workloads

func init() {
	registerCSV("azure", "Azure 2023 and 2024: TIMESTAMP,ContextTokens,GeneratedTokens", columns{
		arrival: "TIMESTAMP",
		prompt:  "ContextTokens",
		output:  "GeneratedTokens",
		time:    parseDate,
	})
}
