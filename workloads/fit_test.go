package workloads

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// The embedded workloads are fitted by
//
//	go test ./workloads -run TestFit -update
//
// which reads the recorded ones and rewrites profiles/workloads.
var update = flag.Bool("update", false, "rewrite the embedded workloads from the recorded ones")

const (
	recordedFolder = "../../shared/data/traces"
	embeddedFolder = "../profiles/workloads"
)

// The probabilities of the tables: finer where the tails are.
var (
	promptAt = []float64{0, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.965, 0.98, 0.99, 0.995, 0.999, 1}
	outputAt = []float64{0, 0.005, 0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.88, 0.91, 0.94, 0.96, 0.98, 0.99, 0.995, 1}
)

const promptParts = 16 // parts of the prompts with a table of replies each

var fitted = []struct {
	file  string // of the recorded workload
	total int    // what its authors cut requests at
	Embedded
}{
	{"azure-2023-conv.csv", 0, Embedded{Name: "azure-conv-2023", Description: "an hour of chat at Azure in 2023",
		Source: "Azure/AzurePublicDataset, AzureLLMInferenceTrace_conv of 2023-11-16", Licence: "CC-BY-4.0"}},
	{"azure-2023-code.csv", 0, Embedded{Name: "azure-code-2023", Description: "an hour of code completion at Azure in 2023: long prompts, short replies",
		Source: "Azure/AzurePublicDataset, AzureLLMInferenceTrace_code of 2023-11-16", Licence: "CC-BY-4.0"}},
	{"lengths-sharegpt-8k.csv.gz", 8192, Embedded{Name: "sharegpt-8k", Description: "shared chats, cut at 8192 tokens, as in the Sarathi-Serve and Etalon papers",
		Source: "project-etalon/etalon, sharegpt_8k_filtered_stats_llama2_tokenizer.csv", Licence: "Apache-2.0"}},
	{"lengths-arxiv-4k.csv.gz", 4096, Embedded{Name: "arxiv-4k", Description: "summaries of papers, cut at 4096 tokens, as in the Vidur paper",
		Source: "microsoft/vidur, arxiv_summarization_filtered_stats_llama2_tokenizer (version 2)", Licence: "MIT"}},
}

// fitJoint returns the quantiles of requests.
func fitJoint(all []Request, total int) JointLengths {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Request) int { return a.PromptTokens - b.PromptTokens })
	l := JointLengths{Total: total, PromptAt: promptAt, OutputAt: outputAt}
	l.Prompt = quantiles(column(all, prompts), promptAt)
	for i := range promptParts {
		part := all[i*len(all)/promptParts : (i+1)*len(all)/promptParts]
		l.Output = append(l.Output, quantiles(column(part, outputs), outputAt))
	}
	return l
}

func prompts(r Request) float64 { return float64(r.PromptTokens) }
func outputs(r Request) float64 { return float64(r.OutputTokens) }

func column(all []Request, of func(Request) float64) []float64 {
	xs := make([]float64, len(all))
	for i, r := range all {
		xs[i] = of(r)
	}
	return xs
}

// quantile interpolates linearly between order statistics.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-2)
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

func quantiles(xs, at []float64) []int {
	slices.Sort(xs)
	lengths := make([]int, len(at))
	for i, p := range at {
		lengths[i] = int(math.Round(quantile(xs, p)))
	}
	return lengths
}

// arxiv16k is made from published moments alone, as the recorded lengths are not
// public: prompts are log-normal, cut at 16,000 tokens, with the published median
// and P90, which gives a standard deviation 1 % below the published one; replies
// are log-normal and independent of prompts.
func arxiv16k() Embedded {
	e := Embedded{Name: "arxiv-16k", Description: "summaries of papers, cut at 16384 tokens, as in the Sarathi-Serve and Etalon papers",
		Source:  "made from the moments in Table 2 of arXiv 2403.02310: prompts 7059 (median), 12985 (P90), 3638 (sd), replies 208 and 371",
		Licence: "figures only"}
	prompt := distuv.LogNormal{Mu: 8.9908160, Sigma: 0.6711790}
	output := distuv.LogNormal{Mu: math.Log(208), Sigma: math.Log(371.0/208) / distuv.UnitNormal.Quantile(0.9)}
	e.Lengths = JointLengths{Total: 16384, PromptAt: promptAt, OutputAt: outputAt}
	kept := prompt.CDF(16000)
	for _, p := range promptAt {
		e.Lengths.Prompt = append(e.Lengths.Prompt, int(math.Round(prompt.Quantile(max(1e-4, p)*kept))))
	}
	replies := make([]int, len(outputAt))
	for i, p := range outputAt {
		replies[i] = int(math.Round(output.Quantile(max(1e-4, min(1-1e-4, p)))))
	}
	e.Lengths.Output = [][]int{replies}
	return e
}

// recordedRequests returns the requests of a recorded workload.
func recordedRequests(t *testing.T, file string) (all []Request, timed bool) {
	path := filepath.Join(recordedFolder, file)
	if _, err := os.Stat(path); err != nil {
		t.Skip("no recorded workload to compare with: ", err)
	}
	w := open(t, Spec{Trace: path}, Options{})
	return draw(t, w), w.origin.(*trace).timed
}

func TestFit(t *testing.T) {
	if !*update {
		t.Skip("rewrites profiles/workloads with -update")
	}
	for _, f := range fitted {
		all, timed := recordedRequests(t, f.file)
		f.Lengths = fitJoint(all, f.total)
		if timed {
			f.Recorded = fitBursts(all)
		}
		write(t, f.Embedded)
	}
	write(t, arxiv16k())
}

func write(t *testing.T, e Embedded) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "description = %q\nsource = %q\nlicence = %q\n", e.Description, e.Source, e.Licence)
	if e.Recorded.Rate > 0 {
		fmt.Fprintf(&b, "\n[recorded]\nrate = %.4g\ncv = %.4g\n", e.Recorded.Rate, e.Recorded.CV)
		fmt.Fprintf(&b, "burst_factor = %.4g\nburst_share = %.4g\nburst_requests = %.4g\n", e.Recorded.BurstFactor, e.Recorded.BurstShare, e.Recorded.BurstRequests)
	}
	fmt.Fprintf(&b, "\n[lengths]\n")
	if e.Lengths.Total > 0 {
		fmt.Fprintf(&b, "total = %d\n", e.Lengths.Total)
	}
	fmt.Fprintf(&b, "prompt_at = %s\nprompt = %s\noutput_at = %s\noutput = [\n", array(e.Lengths.PromptAt), array(e.Lengths.Prompt), array(e.Lengths.OutputAt))
	for _, part := range e.Lengths.Output {
		fmt.Fprintf(&b, "  %s,\n", array(part))
	}
	fmt.Fprintln(&b, "]")
	if err := os.WriteFile(filepath.Join(embeddedFolder, e.Name+".toml"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func array[T any](xs []T) string {
	return "[" + strings.Join(strings.Fields(strings.Trim(fmt.Sprint(xs), "[]")), ", ") + "]"
}

// drawEmbedded returns many requests of an embedded workload.
func drawEmbedded(t *testing.T, name string) []Request {
	return draw(t, open(t, Spec{
		Source: name, Requests: ptr(200_000), Arrivals: ArrivalSpec{Process: "constant"},
	}, Options{Seed: 1, Profiles: os.DirFS("../profiles")}))
}

// TestEmbeddedWorkloadsMatchTheirRecordings holds quantiles to 3 %, means to
// 1.5 % and rank correlations to 0.02.
func TestEmbeddedWorkloadsMatchTheirRecordings(t *testing.T) {
	skipIfShort(t)
	for _, f := range fitted {
		t.Run(f.Name, func(t *testing.T) {
			want, _ := recordedRequests(t, f.file)
			got := drawEmbedded(t, f.Name)
			compare(t, "prompt", column(got, prompts), column(want, prompts))
			compare(t, "output", column(got, outputs), column(want, outputs))
			if g, w := rankCorrelation(got), rankCorrelation(want); math.Abs(g-w) > 0.02 {
				t.Errorf("rank correlation %.3f, recorded %.3f", g, w)
			}
		})
	}
}

func compare(t *testing.T, name string, got, want []float64) {
	if g, w := stat.Mean(got, nil), stat.Mean(want, nil); math.Abs(g/w-1) > 0.015 {
		t.Errorf("%s mean %.1f, recorded %.1f", name, g, w)
	}
	slices.Sort(got)
	slices.Sort(want)
	for _, p := range []float64{0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99} {
		if g, w := quantile(got, p), quantile(want, p); math.Abs(g-w) > max(1.5, 0.03*w) {
			t.Errorf("%s P%g %.0f, recorded %.0f", name, 100*p, g, w)
		}
	}
}

// rankCorrelation is Spearman's, of prompts and replies.
func rankCorrelation(all []Request) float64 {
	return stat.Correlation(ranks(column(all, prompts)), ranks(column(all, outputs)), nil)
}

// ranks gives equal values their mean rank.
func ranks(xs []float64) []float64 {
	sorted := slices.Clone(xs)
	slices.Sort(sorted)
	r := make([]float64, len(xs))
	for i, x := range xs {
		low, _ := slices.BinarySearch(sorted, x)
		high, _ := slices.BinarySearch(sorted, math.Nextafter(x, math.Inf(1)))
		r[i] = float64(low+high) / 2
	}
	return r
}

// TestEmbeddedWorkloadsHaveThePublishedMoments compares with what papers print:
// Splitwise (arXiv 2311.18677), Sarathi-Serve (2403.02310), Vidur (2405.05465).
func TestEmbeddedWorkloadsHaveThePublishedMoments(t *testing.T) {
	skipIfShort(t)
	for _, c := range []struct {
		name            string
		of              func(Request) float64
		median, p90, sd float64 // 0 if not printed
		tolerance       float64
	}{
		{"azure-conv-2023", prompts, 1020, 0, 0, 0.02},
		{"azure-conv-2023", outputs, 129, 0, 0, 0.02},
		{"azure-code-2023", prompts, 1500, 0, 0, 0.02},
		{"azure-code-2023", outputs, 13, 0, 0, 0.02},
		{"sharegpt-8k", prompts, 1730, 5696, 2088, 0.02},
		{"sharegpt-8k", outputs, 415, 834, 265, 0.02},
		{"arxiv-4k", prompts, 2730, 3702, 0, 0.02},
		{"arxiv-4k", outputs, 167, 372, 0, 0.02},
		{"arxiv-16k", prompts, 7059, 12985, 3638, 0.02},
		{"arxiv-16k", outputs, 208, 371, 0, 0.02},
	} {
		xs := column(drawEmbedded(t, c.name), c.of)
		slices.Sort(xs)
		got := []float64{quantile(xs, 0.5), quantile(xs, 0.9), stat.StdDev(xs, nil)}
		for i, want := range []float64{c.median, c.p90, c.sd} {
			if want > 0 && math.Abs(got[i]-want) > c.tolerance*want {
				t.Errorf("%s: %s %.0f, published %.0f", c.name, [...]string{"median", "P90", "sd"}[i], got[i], want)
			}
		}
	}
}
