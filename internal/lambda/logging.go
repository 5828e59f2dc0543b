package lambda

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/fault"
)

// newLog logs to Lambda as its logging controls ask for (JSON or text, and the
// level), with the request id, and with the rotation that an invocation is about.
func newLog() *slog.Logger {
	return slog.New(aboutRotation{lambdacontext.NewLogHandler()})
}

type rotationKey struct{}

// subject is what an invocation is about. It becomes known while it runs.
type subject struct{ target, rotation, execution string }

func withRotation(ctx context.Context) context.Context {
	return context.WithValue(ctx, rotationKey{}, &subject{})
}

func note(ctx context.Context, call rotation.Call) {
	if s, ok := ctx.Value(rotationKey{}).(*subject); ok {
		*s = subject{call.Document.Target, call.Document.RotationID, call.Execution.Name}
	}
}

func noteRotation(ctx context.Context, id string) {
	if s, ok := ctx.Value(rotationKey{}).(*subject); ok && id != "" {
		s.rotation = id
	}
}

// aboutRotation adds the subject to every line that does not name it itself.
type aboutRotation struct{ slog.Handler }

// Handle adds target, rotation and execution.
func (h aboutRotation) Handle(ctx context.Context, record slog.Record) error {
	if s, ok := ctx.Value(rotationKey{}).(*subject); ok {
		named := map[string]bool{}
		record.Attrs(func(a slog.Attr) bool { named[a.Key] = true; return true })
		for _, a := range []slog.Attr{slog.String("target", s.target), slog.String("rotation", s.rotation),
			slog.String("execution", s.execution)} {
			if !named[a.Key] && a.Value.String() != "" {
				record.AddAttrs(a)
			}
		}
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs keeps the subject.
func (h aboutRotation) WithAttrs(attrs []slog.Attr) slog.Handler {
	return aboutRotation{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the subject.
func (h aboutRotation) WithGroup(name string) slog.Handler {
	return aboutRotation{h.Handler.WithGroup(name)}
}

// report logs how an invocation ended. What is tried again is a warning.
func (h *handler) report(ctx context.Context, began time.Time, err error) {
	took := slog.Int64("tookMs", time.Since(began).Milliseconds())
	if err == nil {
		h.log.InfoContext(ctx, h.what+" done", took)
		return
	}
	coded := fault.AsError(err)
	level := slog.LevelError
	if coded.Class == fault.Transient || coded.Class == fault.Again {
		level = slog.LevelWarn
	}
	h.log.LogAttrs(ctx, level, h.what+" failed", slog.String("code", string(coded.Code)),
		slog.String("class", string(coded.Class)),
		slog.Bool("urgent", coded.Urgent), slog.String("error", coded.Error()), took)
}
