package workloads

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// FuzzDate holds dates that are accepted to what the standard library reads.
func FuzzDate(f *testing.F) {
	for _, text := range []string{
		"2023-11-16 18:17:03.9799600", "2024-05-10 00:00:00.009930+00:00", "2024-02-29 23:59:59Z", "2024-02-29 23:59:59-05:30",
		"2023-02-29 00:00:00", "2024-01-01 24:00:00", "2024-01-01 00:00:60", "2024-1-01 00:00:00", "2024-01-01 00:00:00.", "2024-01-01", "",
		"2024-01-01 00:00:00 ", "2024-01-01 00:00:00+5:00", "2024-01-01 00:00:00.1234567890", "0001-01-01 00:00:00",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseDate([]byte(text))
		if err != nil {
			return
		}
		if want, err := time.Parse(layoutOf(text), text); err != nil || int64(got) != want.UnixNano() {
			t.Errorf("%q is %d, want %d (error %v)", text, got, want.UnixNano(), err)
		}
	})
}

func layoutOf(text string) string {
	if len(text) > 19 && strings.ContainsAny(text[19:], "+-Z") {
		return time.DateTime + "Z07:00"
	}
	return time.DateTime
}

func TestDatesThatAreWrittenAreRead(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		at := time.Date(1975, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.Int64N(int64(longestSpan))))
		at = at.In(time.FixedZone("", 60*(random.IntN(1440)-720)))
		for _, layout := range []string{"2006-01-02 15:04:05.000000000Z07:00", "2006-01-02 15:04:05.999999Z07:00"} {
			text := at.Format(layout)
			want, _ := time.Parse(layout, text)
			if got, err := parseDate([]byte(text)); err != nil || int64(got) != want.UnixNano() {
				t.Fatalf("%q is %d, want %d (error %v)", text, got, want.UnixNano(), err)
			}
		}
	}
}

func BenchmarkDate(b *testing.B) {
	text := "2023-11-16 18:17:03.9799600"
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			parseDate([]byte(text))
		}
	})
	b.Run("standard", func(b *testing.B) {
		for b.Loop() {
			time.Parse(time.DateTime, text)
		}
	})
}
