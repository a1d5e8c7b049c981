package scheduler

func init() {
	Register(Kind{
		Prefixes: true, Imports: true, Offloads: true, Async: true,
		Name: "edf", Doc: "earliest first-token deadline first over vLLM V1 batching",
		New: func(l Limits) Policy {
			return &VLLM{Limits: l, Chunked: true, Waiting: &Ranked{Rank: func(s *Sequence) int64 { return int64(s.Deadline) }}}
		},
	})
}
