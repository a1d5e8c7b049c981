package foreign

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// blis is DATA.itl.csv of BLIS: a chunk on each line. The requests are in DATA.csv, or
// in DATA if it has that name.
var blis = kind{
	key:  "blis",
	name: "BLIS's chunks",
	begins: func(_ string, first []byte) bool {
		return bytes.HasPrefix(first, []byte("request_id,chunk_index,timestamp_us"))
	},
	read: readBLIS,
}

func readBLIS(name string, r io.Reader, sibling Sibling) (rec recording, err error) {
	data, err := openData(name, sibling)
	if err != nil {
		return rec, err
	}
	defer data.Close()
	byID := map[string]int{}
	err = eachRow(data, func(row map[string]string) error {
		x := reply{failure: strings.TrimPrefix(row["status"], "ok")}
		sent, err1 := strconv.ParseInt(row["send_time_us"], 10, 62)
		arrived, err2 := strconv.ParseInt(row["arrival_time_us"], 10, 62)
		prompt, err3 := strconv.Atoi(row["input_tokens"])
		tokens, err4 := strconv.Atoi(row["output_tokens"])
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return err
		}
		if served, err := strconv.Atoi(row["server_input_tokens"]); err == nil && served > 0 {
			prompt = served
		}
		x.arrival, x.promptTokens, x.tokens = time.Duration(min(arrived, sent))*time.Microsecond, prompt, tokens
		byID[row["request_id"]] = len(rec.replies)
		rec.replies = append(rec.replies, x)
		return nil
	})
	if err != nil {
		return rec, fmt.Errorf("its requests: %w", err)
	}
	return rec, eachRow(r, func(row map[string]string) error {
		i, known := byID[row["request_id"]]
		at, err := strconv.ParseInt(row["timestamp_us"], 10, 50)
		if err != nil || !known {
			return fmt.Errorf("chunk of request %q at %q (must be of the requests, in microseconds)", row["request_id"], row["timestamp_us"])
		}
		rec.replies[i].chunks = append(rec.replies[i].chunks, time.Duration(at)*time.Microsecond)
		return nil
	})
}

func openData(name string, sibling Sibling) (io.ReadCloser, error) {
	base := strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".itl.csv")
	if f, err := sibling(base + ".csv"); err == nil {
		return f, nil
	}
	f, err := sibling(base)
	if err != nil {
		return nil, fmt.Errorf("no file of its requests (must be %s.csv)", base)
	}
	return f, nil
}

// eachRow calls visit for every row of a CSV file, by the names of its columns.
func eachRow(r io.Reader, visit func(map[string]string) error) error {
	lines := csv.NewReader(r)
	head, err := lines.Read()
	if err != nil {
		return err
	}
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		row := make(map[string]string, len(head))
		for i, name := range head {
			row[name] = fields[i]
		}
		if err := visit(row); err != nil {
			line, _ := lines.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}
