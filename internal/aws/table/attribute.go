package table

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// toAttribute turns a decoded JSON value into DynamoDB's. Written by hand, it
// saves every cold start the SDK's reflection package.
func toAttribute(value any) types.AttributeValue {
	switch value := value.(type) {
	case string:
		return &types.AttributeValueMemberS{Value: value}
	case json.Number:
		return &types.AttributeValueMemberN{Value: value.String()}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: value}
	case []any:
		list := make([]types.AttributeValue, 0, len(value))
		for _, v := range value {
			list = append(list, toAttribute(v))
		}
		return &types.AttributeValueMemberL{Value: list}
	case map[string]any:
		return &types.AttributeValueMemberM{Value: toMap(value)}
	}
	return &types.AttributeValueMemberNULL{Value: true} // JSON has nothing else
}

func toMap(fields map[string]any) item {
	attributes := make(item, len(fields))
	for name, value := range fields {
		attributes[name] = toAttribute(value)
	}
	return attributes
}

// fromAttribute turns an attribute back. A kind of attribute that toAttribute
// never writes was not written by this system.
func fromAttribute(attribute types.AttributeValue) (any, error) {
	switch attribute := attribute.(type) {
	case *types.AttributeValueMemberS:
		return attribute.Value, nil
	case *types.AttributeValueMemberN:
		return json.Number(attribute.Value), nil
	case *types.AttributeValueMemberBOOL:
		return attribute.Value, nil
	case *types.AttributeValueMemberNULL:
		return nil, nil
	case *types.AttributeValueMemberL:
		list := make([]any, 0, len(attribute.Value))
		for _, a := range attribute.Value {
			value, err := fromAttribute(a)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case *types.AttributeValueMemberM:
		return fromMap(attribute.Value)
	}
	return nil, fmt.Errorf("an item has an attribute of the kind %T", attribute)
}

func fromMap(attributes item) (map[string]any, error) {
	fields := make(map[string]any, len(attributes))
	for name, attribute := range attributes {
		value, err := fromAttribute(attribute)
		if err != nil {
			return nil, err
		}
		fields[name] = value
	}
	return fields, nil
}
