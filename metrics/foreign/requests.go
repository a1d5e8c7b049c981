package foreign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// requests is a table of requests with their arrival, lengths, TTFT and E2E. Of the
// tokens in between it tells nothing, so that only latencies of requests are scored.
var requests = kind{
	key:  "requests",
	name: "a table of requests",
	begins: func(_ string, first []byte) bool {
		head, _, _ := bytes.Cut(first, []byte("\n"))
		return bytes.Contains(head, []byte("arrival_s,")) && bytes.Contains(head, []byte("ttft_s,e2e_s"))
	},
	read: readRequests,
}

func readRequests(_ string, r io.Reader, _ Sibling) (rec recording, err error) {
	rec.untimed = true
	rec.missing = []string{"when the tokens between the first and the last came: there is no TBT and no fluidity"}
	return rec, eachRow(r, func(row map[string]string) error {
		var f [3]float64
		for i, name := range []string{"arrival_s", "ttft_s", "e2e_s"} {
			if row[name] == "" && row["error"] != "0" && i > 0 {
				continue
			}
			var err error
			if f[i], err = strconv.ParseFloat(row[name], 64); err != nil {
				return err
			}
		}
		prompt, err1 := strconv.Atoi(row["input_tokens"])
		tokens, err2 := strconv.Atoi(row["output_tokens"])
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		x := reply{arrival: seconds(f[0]), promptTokens: prompt, tokens: tokens}
		if row["error"] != "" && row["error"] != "0" {
			x.failure = "failed"
		} else if f[2] < f[1] {
			return fmt.Errorf("ttft_s %v, e2e_s %v (the first token must not be after the last)", f[1], f[2])
		} else {
			x.chunks = evenly(x.arrival+seconds(f[1]), x.arrival+seconds(f[2]), tokens)
		}
		rec.replies = append(rec.replies, x)
		return nil
	})
}

// evenly returns n times from the first to the last, whose rows nobody shows.
func evenly(first, last time.Duration, n int) (all []time.Duration) {
	if n < 1 || n > mostTokens || last < first {
		return nil
	}
	all = append(all, first)
	for i := 1; i < n; i++ {
		all = append(all, first+time.Duration(float64(last-first)*float64(i)/float64(n-1)))
	}
	return all
}
