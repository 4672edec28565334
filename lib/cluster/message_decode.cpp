#include <limits>

#include "cluster/limits.hpp"
#include "cluster/members.hpp"
#include "cluster/message.hpp"
#include "wire/cbor.hpp"
#include "wire/control_fields.hpp"

namespace ferrotunnel::cluster {
namespace {

using wire::Code;
using wire::ControlError;
using wire::FieldReader;

constexpr std::uint64_t any_u16 = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint64_t any_u64 = std::numeric_limits<std::uint64_t>::max();

// After an error, these return something that is not used.

Name read_name(FieldReader& fields) {
    std::string text;
    fields.text("name", text, 1, limits::name_max);
    if (auto name = Name::from_encoded(text)) {
        return std::move(*name);
    }
    fields.fail(Code::protocol, "name", " is not a valid name");
    return Name::of_port(1, false);
}

Owner read_owner(FieldReader& fields) {
    Owner owner;
    fields.bytes("token", owner.token);
    fields.bytes("party", owner.party);
    return owner;
}

RequestId read_request(FieldReader& fields) {
    RequestId request = 0;
    fields.number("request", request, 0, any_u64);
    return request;
}

Since read_since(FieldReader& fields) {
    Since since = 0;
    fields.number("since", since, 0, limits::since_max);
    return since;
}

std::uint64_t read_milliseconds(FieldReader& fields) {
    std::uint64_t milliseconds = 0;
    fields.number("ms", milliseconds, 0, limits::reservation_milliseconds_max);
    return milliseconds;
}

// Calls `visit(FieldReader&)` for each map of the array under `key`, if there is one.
template <typename Visit>
void for_each_map(FieldReader& fields, std::string_view key, std::string_view place, Visit visit) {
    if (!fields.has(key)) {
        return;
    }
    const auto array = fields.array(key, limits::claims_per_message);
    if (!array) {
        return;
    }
    std::size_t index = 0;
    array->for_each_element([&](wire::cbor::Item item) {
        if (item.type() != wire::cbor::Type::map) {
            fields.fail(Code::protocol, key, " has an element that is not a map");
        }
        FieldReader inner = fields.of(item, place, index++);
        if (!inner.failed()) {
            visit(inner);
        }
    });
}

Message decode_hello(FieldReader& fields) {
    Hello hello;
    fields.text("member", hello.member, 1, limits::member_name_max);
    if (!is_member_name(hello.member)) {
        fields.fail(Code::protocol, "member", " is not a valid name of a member");
    }
    fields.number("incarnation", hello.incarnation, 0, any_u64);
    fields.number("digest", hello.digest, 0, any_u64);
    fields.number("features", hello.features, 0, any_u64);
    fields.text("agent", hello.agent, 0, ferrotunnel::limits::agent_text_max);
    return hello;
}

Message decode_sync_begin(FieldReader&) {
    return SyncBegin{};
}

Message decode_sync_end(FieldReader&) {
    return SyncEnd{};
}

Message decode_have(FieldReader& fields) {
    Have have;
    for_each_map(fields, "claims", "have.claims", [&](FieldReader& inner) {
        have.claims.push_back({read_name(inner), read_owner(inner), read_since(inner)});
    });
    for_each_map(fields, "reserved", "have.reserved", [&](FieldReader& inner) {
        Have::Reserved& reserved = have.reserved.emplace_back(Have::Reserved{read_name(inner), {}, 0});
        inner.bytes("token", reserved.token);
        reserved.milliseconds = read_milliseconds(inner);
    });
    if (have.claims.size() + have.reserved.size() > limits::claims_per_message) {
        fields.fail(Code::limit, "reserved",
                    " and claims have more than " + std::to_string(limits::claims_per_message) + " elements");
    }
    return have;
}

// The elements of a braced list are evaluated in order, so the first violated rule is reported.

Message decode_gone(FieldReader& fields) {
    return Gone{read_name(fields), read_milliseconds(fields)};
}

Message decode_claim(FieldReader& fields) {
    return ClaimRequest{read_request(fields), read_name(fields), read_owner(fields)};
}

Message decode_granted(FieldReader& fields) {
    return Granted{read_request(fields), read_since(fields)};
}

Message decode_refused(FieldReader& fields) {
    Refused refused;
    refused.request = read_request(fields);
    fields.number("code", refused.code, 1, any_u16);
    fields.text("text", refused.text, 0, limits::refusal_text_max);
    return refused;
}

Message decode_probe(FieldReader& fields) {
    return Probe{read_request(fields), read_name(fields), read_owner(fields)};
}

Message decode_probed(FieldReader& fields) {
    Probed probed;
    probed.request = read_request(fields);
    if (!fields.has("answers")) {
        fields.fail(Code::protocol, "answers", " is missing");
    }
    fields.optional_boolean("answers", probed.answers);
    return probed;
}

Message decode_lost(FieldReader& fields) {
    return Lost{read_name(fields), read_owner(fields)};
}

struct MessageType {
    std::string_view name;
    Message (*decode)(FieldReader&);
};

constexpr MessageType message_types[] = {
    {"hello", decode_hello},       {"sync_begin", decode_sync_begin},
    {"sync_end", decode_sync_end}, {"have", decode_have},
    {"gone", decode_gone},         {"claim", decode_claim},
    {"granted", decode_granted},   {"refused", decode_refused},
    {"probe", decode_probe},       {"probed", decode_probed},
    {"lost", decode_lost},
};
static_assert(std::size(message_types) == std::variant_size_v<Message>);

constexpr std::size_t type_text_max = 32;

}  // namespace

Result<Message, ControlError> decode(Bytes bytes) {
    if (bytes.size() > limits::message_max) {
        return ControlError{Code::frame_size, "a member's message is too long"};
    }
    const auto root = wire::cbor::parse(bytes);
    if (!root) {
        const bool is_limit =
            root.error() == wire::cbor::Problem::nested_too_deep || root.error() == wire::cbor::Problem::too_many_items;
        return ControlError{is_limit ? Code::limit : Code::protocol,
                            "a member's message cannot be read: " + std::string(describe(root.error()))};
    }
    if (root->type() != wire::cbor::Type::map) {
        return ControlError{Code::protocol, "a member's message is not a map"};
    }
    std::optional<ControlError> error;
    std::string type;
    FieldReader(*root, "message", error).text("t", type, 1, type_text_max);
    if (error) {
        return *error;
    }
    for (const MessageType& candidate : message_types) {
        if (candidate.name == type) {
            FieldReader fields(*root, candidate.name, error);
            Message message = candidate.decode(fields);
            return error ? Result<Message, ControlError>(*error) : Result<Message, ControlError>(std::move(message));
        }
    }
    return ControlError{Code::protocol, "a member's message has an unknown type: " + type};
}

}  // namespace ferrotunnel::cluster
