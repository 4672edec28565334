#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <utility>

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

wire::TokenId read_token(FieldReader& fields) {
    wire::TokenId token{};
    fields.bytes("token", token);
    return token;
}

Owner read_owner(FieldReader& fields) {
    Owner owner;
    owner.token = read_token(fields);
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

// Of a claim that has this `since`.
Since read_over(FieldReader& fields, Since since) {
    Since over = 0;
    fields.optional_number("over", over, 0, since == 0 ? 0 : since - 1);
    return over;
}

std::uint64_t read_terms(FieldReader& fields) {
    std::uint64_t terms = 0;
    fields.number("terms", terms, 0, any_u64);
    return terms;
}

void check_member(FieldReader& fields, std::string_view key, const std::string& name) {
    if (!is_member_name(name)) {
        fields.fail(Code::protocol, key, " is not a valid name of a member");
    }
}

std::uint64_t read_milliseconds(FieldReader& fields) {
    std::uint64_t milliseconds = 0;
    fields.number("ms", milliseconds, 0, limits::reservation_milliseconds_max);
    return milliseconds;
}

// Calls `visit(FieldReader&)` for each map of the array under `key`.
template <typename Visit>
void for_each_map(FieldReader& fields, std::string_view key, std::string_view place, Visit visit) {
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

// In their order, so that each list has one form and no name twice.
void read_members(FieldReader& fields, Hello& hello) {
    fields.texts("members", hello.members, limits::members_max, limits::member_name_max);
    for (const std::string& member : hello.members) {
        check_member(fields, "members", member);
    }
    if (std::adjacent_find(hello.members.begin(), hello.members.end(), std::greater_equal<>()) != hello.members.end()) {
        fields.fail(Code::protocol, "members", " are not in their order");
    }
    if (!std::binary_search(hello.members.begin(), hello.members.end(), hello.member)) {
        fields.fail(Code::protocol, "members", " lack the sender");
    }
}

Message decode_hello(FieldReader& fields) {
    Hello hello;
    fields.text("member", hello.member, 1, limits::member_name_max);
    check_member(fields, "member", hello.member);
    fields.number("incarnation", hello.incarnation, 0, any_u64);
    read_members(fields, hello);
    fields.optional_boolean("recovering", hello.recovering);
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

Claim read_claim(FieldReader& fields) {
    Claim claim{read_name(fields), read_owner(fields), read_since(fields)};
    claim.over = read_over(fields, claim.since);
    claim.terms = read_terms(fields);
    fields.optional_boolean("provisional", claim.provisional);
    fields.optional_number("readiness", claim.readiness, 0, static_cast<std::uint64_t>(Readiness::draining));
    return claim;
}

Message decode_have(FieldReader& fields) {
    Have have;
    if (fields.has("of")) {
        fields.text("of", have.of.emplace(), 1, limits::member_name_max);
        check_member(fields, "of", *have.of);
    }
    for_each_map(fields, "claims", "have.claims",
                 [&](FieldReader& inner) { have.claims.push_back(read_claim(inner)); });
    return have;
}

// The elements of a list in braces are evaluated in its order, so the first rule that is violated is reported.

Message decode_reserved(FieldReader& fields) {
    Reserved reserved;
    for_each_map(fields, "names", "reserved.names", [&](FieldReader& inner) {
        reserved.names.push_back({read_name(inner), read_token(inner), read_milliseconds(inner)});
    });
    return reserved;
}

Message decode_gone(FieldReader& fields) {
    return Gone{read_name(fields), read_since(fields), read_milliseconds(fields)};
}

Message decode_claim(FieldReader& fields) {
    return ClaimRequest{read_request(fields), read_name(fields), read_owner(fields), read_terms(fields)};
}

Message decode_cancel(FieldReader& fields) {
    return Cancel{read_request(fields)};
}

Message decode_granted(FieldReader& fields) {
    Granted granted;
    granted.request = read_request(fields);
    granted.since = read_since(fields);
    granted.over = read_over(fields, granted.since);
    return granted;
}

Message decode_refused(FieldReader& fields) {
    Refused refused;
    refused.request = read_request(fields);
    fields.number("code", refused.code, 1, any_u16);
    fields.optional_boolean("temporary", refused.is_temporary);
    fields.text("text", refused.text, 0, limits::refusal_text_max);
    return refused;
}

Message decode_probe(FieldReader& fields) {
    return Probe{read_request(fields), read_name(fields), read_owner(fields)};
}

Message decode_probed(FieldReader& fields) {
    Probed probed;
    probed.request = read_request(fields);
    fields.optional_boolean("answers", probed.answers);
    return probed;
}

Message decode_lost(FieldReader& fields) {
    return Lost{read_name(fields), read_since(fields)};
}

// Bytes, since it may be of any kind.
void read_value_text(FieldReader& fields, Value& value) {
    const auto item = fields.item().find("value");
    if (!item) {
        return;
    }
    const auto bytes = item->as_bytes();
    if (!bytes) {
        fields.fail(Code::protocol, "value", " is not bytes");
    } else if (bytes->size() > limits::value_text_max) {
        fields.fail(Code::limit, "value", " has more than " + std::to_string(limits::value_text_max) + " bytes");
    } else {
        value.text.emplace(bytes->begin(), bytes->end());
    }
}

Message decode_value(FieldReader& fields) {
    Value value;
    fields.text("key", value.key, 1, limits::value_key_max);
    fields.number("time", value.time, 0, limits::since_max);
    fields.text("member", value.member, 1, limits::member_name_max);
    check_member(fields, "member", value.member);
    read_value_text(fields, value);
    fields.optional_number("left", value.milliseconds, 0, limits::value_milliseconds_max);
    if (!value.text) {
        value.milliseconds = 0;
    }
    return value;
}

struct MessageType {
    std::string_view name;
    Message (*decode)(FieldReader&);
};

constexpr MessageType message_types[] = {
    {"hello", decode_hello},     {"sync_begin", decode_sync_begin}, {"sync_end", decode_sync_end},
    {"have", decode_have},       {"reserved", decode_reserved},     {"gone", decode_gone},
    {"claim", decode_claim},     {"cancel", decode_cancel},         {"granted", decode_granted},
    {"refused", decode_refused}, {"probe", decode_probe},           {"probed", decode_probed},
    {"lost", decode_lost},       {"value", decode_value},
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
