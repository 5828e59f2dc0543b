package rotationtest

import (
	"time"

	"qovery-key-rotation/internal/rotation"
	"qovery-key-rotation/internal/rotation/target"
)

var someTime = time.Date(2026, 3, 29, 1, 59, 59, 123456789, time.UTC)

// fullRecord has a value in every field.
func fullRecord(revision int) rotation.Record {
	return rotation.Record{
		Revision:   revision,
		IAMUser:    unique("user"),
		Target:     "production",
		RotationID: unique("rotation"),
		TakenAt:    someTime,
		TouchedAt:  someTime.Add(time.Second + time.Nanosecond),
		Owner:      "arn:aws:states:eu-west-3:123456789012:execution:rotation:" + unique("run"),
		Fence:      3,
		Lease:      rotation.Lease{Holder: "invocation", Until: someTime.Add(time.Minute)},
		OldKey:     "AKIAOLDOLDOLDOLDOLD1",
		NewKey:     "AKIANEWNEWNEWNEWNEW1",
		KnownKeys:  []rotation.KeyID{"AKIAOLDOLDOLDOLDOLD1", "AKIAOLDOLDOLDOLDOLD2"},
		Locations: []rotation.LocationRef{
			{Kind: rotation.AWSCredentials, ID: "0b7d2c4e-8f61-4f0c-b1de-93c0a7f54e12", Name: "Qovery, \"the\" déploiement"},
			{Kind: "containerRegistry", ID: "6c4f9e2a-1d3b-4b57-9a0e-2f8d7c5b1a90", Name: "ecr"},
		},
		Attempts: []time.Time{someTime.Add(2 * time.Second), someTime.Add(3 * time.Second)},
		Marks: map[rotation.Effect]rotation.Mark{
			rotation.Create: {Begun: someTime.Add(4 * time.Second), Done: someTime.Add(5 * time.Second)},
			rotation.Update: {Begun: someTime.Add(6 * time.Second)},
			rotation.Deploy: {Begun: someTime.Add(9 * time.Second), Earlier: someTime.Add(8 * time.Second),
				First: someTime.Add(7 * time.Second)},
			rotation.Delete: {
				Begun: someTime.Add(10 * time.Second), Done: someTime.Add(11 * time.Second),
				How: rotation.Unclear, Saw: rotation.Inactive,
			},
		},
	}
}

// bareRecord has only what every record has.
func bareRecord(revision int) rotation.Record {
	return rotation.Record{Revision: revision, IAMUser: unique("user"), Target: "production",
		RotationID: unique("rotation"), TakenAt: someTime}
}

func itemOf(record rotation.Record) rotation.HistoryItem {
	return rotation.HistoryItem{
		Record:  record.Clone(),
		Outcome: rotation.Completed,
		EndedAt: someTime.Add(5 * time.Hour),
		Summary: &rotation.Summary{
			Target:           record.Target,
			RotationID:       record.RotationID,
			OldKey:           "****OLD1",
			NewKey:           "****NEW1",
			StartedAt:        record.TakenAt,
			OldKeyInactiveAt: someTime.Add(4 * time.Hour),
			OldKeyGoneBy:     someTime.Add(5 * time.Hour),
			OldKeyDeletion:   rotation.Unclear,
			CompletedAt:      someTime.Add(5 * time.Hour),
			ClustersDeployed: 2,
			ClustersSkipped:  []string{"staging"},
			ClustersBroken:   []string{"staging"},
			RolledOut:        []string{"production"},
			GraceExtendedBy:  target.Duration(time.Hour),
			Verification:     target.VerifyCanary,
		},
	}
}
