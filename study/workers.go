package study

import (
	"context"
	"errors"
	"runtime"
	"sync"
)

// workers returns how many runs go on at once where so many are asked for; 0 is
// one for each processor.
func workers(asked int) int {
	if asked > 0 {
		return asked
	}
	return runtime.GOMAXPROCS(0)
}

// each calls work for every number from 0 to n-1, so many at a time, and awaits
// them. After an error no more are begun; it returns the one of least number
// that was not caused by another.
func each(ctx context.Context, workers, n int, work func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, n)
	numbers := make(chan int)
	var all sync.WaitGroup
	for range min(workers, n) {
		all.Go(func() {
			for i := range numbers {
				if errs[i] = work(ctx, i); errs[i] != nil {
					cancel()
				}
			}
		})
	}
	err := feed(ctx, numbers, n)
	all.Wait()
	for _, e := range errs {
		if e != nil && !errors.Is(e, context.Canceled) {
			return e
		}
	}
	return errors.Join(append(errs, err)...)
}

// feed sends the numbers from 0 to n-1 until ctx is done.
func feed(ctx context.Context, numbers chan<- int, n int) error {
	defer close(numbers)
	for i := range n {
		select {
		case numbers <- i:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
