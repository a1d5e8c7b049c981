package metrics

import (
	"bytes"
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// A Ratio is an exact share of a whole, Num of Den: 0.9 is 9 of 10. Thresholds
// are ratios so that "nine tokens of ten" holds to the token.
type Ratio struct{ Num, Den int64 }

// ParseRatio reads a decimal from 0 to 1 with at most nine places after the point.
func ParseRatio(text string) (Ratio, error) {
	r, ok := new(big.Rat).SetString(text)
	if !ok || strings.ContainsAny(text, "/_pPxX") {
		return Ratio{}, fmt.Errorf("%q (must be a decimal from 0 to 1)", text)
	}
	if r.Sign() < 0 || r.Cmp(big.NewRat(1, 1)) > 0 {
		return Ratio{}, fmt.Errorf("%s (must be from 0 to 1)", text)
	}
	if r.Denom().Cmp(big.NewInt(1_000_000_000)) > 0 {
		return Ratio{}, fmt.Errorf("%s (must have at most nine decimals)", text)
	}
	return Ratio{r.Num().Int64(), r.Denom().Int64()}, nil
}

// Holds reports whether part of whole is at least the ratio.
func (r Ratio) Holds(part, whole int64) bool {
	ahi, alo := bits.Mul64(uint64(r.Den), uint64(part))
	bhi, blo := bits.Mul64(uint64(r.Num), uint64(whole))
	return ahi > bhi || ahi == bhi && alo >= blo
}

// Of returns the least part of whole that holds the ratio.
func (r Ratio) Of(whole int64) int64 {
	hi, lo := bits.Mul64(uint64(r.Num), uint64(whole))
	q, rem := bits.Div64(hi, lo, uint64(r.Den))
	if rem > 0 {
		q++
	}
	return int64(q)
}

// Float returns the ratio as the nearest float64.
func (r Ratio) Float() float64 { return float64(r.Num) / float64(r.Den) }

// String returns the decimal, as short as it can be.
func (r Ratio) String() string { return strconv.FormatFloat(r.Float(), 'f', -1, 64) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Ratio) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRatio(string(text))
	return err
}

// UnmarshalTOML reads a number, or a string that holds one.
func (r *Ratio) UnmarshalTOML(v any) (err error) {
	switch v := v.(type) {
	case string:
		*r, err = ParseRatio(v)
	case int64:
		*r, err = ParseRatio(strconv.FormatInt(v, 10))
	case float64:
		*r, err = ParseRatio(strconv.FormatFloat(v, 'g', -1, 64))
	default:
		err = fmt.Errorf("%v (must be a number from 0 to 1)", v)
	}
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (r Ratio) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// MarshalJSON writes the ratio as a number.
func (r Ratio) MarshalJSON() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalJSON reads a number, or a string that holds one.
func (r *Ratio) UnmarshalJSON(text []byte) error {
	return r.UnmarshalText(bytes.Trim(text, `"`))
}

// MarshalTOML writes the ratio as a number.
func (r Ratio) MarshalTOML() ([]byte, error) { return []byte(r.String()), nil }
