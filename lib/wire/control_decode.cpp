#include <limits>

#include "base/text.hpp"
#include "wire/cbor.hpp"
#include "wire/control.hpp"
#include "wire/control_fields.hpp"

namespace ferrotunnel::wire {
namespace {

using Error = std::optional<ControlError>;

constexpr std::uint64_t any_u16 = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint64_t any_u32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t any_u64 = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t count_max = limits::stream_id_max;
constexpr std::uint64_t day_ms = std::uint64_t{24} * 60 * 60 * 1000;

// Calls `visit(FieldReader)` for each map of the array under `key`.
template <typename Visit>
void for_each_map(FieldReader& fields, std::string_view key, std::string_view place, std::size_t most, Error& error,
                  Visit visit) {
    auto array = fields.array(key, most);
    if (!array) {
        return;
    }
    std::size_t index = 0;
    array->for_each_element([&](cbor::Item item) {
        FieldReader inner(item, place, error, index++);
        if (!inner.failed() && item.type() != cbor::Type::map) {
            fields.fail(Code::protocol, key, " has an element that is not a map");
        }
        if (!inner.failed()) {
            visit(inner);
        }
    });
}

void decode_role(FieldReader& fields, Hello& hello) {
    std::string role;
    fields.text("role", role, 1, 6);
    if (fields.failed()) {
        return;
    }
    if (role != "client" && role != "server") {
        fields.fail(Code::protocol, "role", " is neither client nor server");
        return;
    }
    hello.role = role == "client" ? HelloRole::client : HelloRole::server;
    if (hello.role == HelloRole::client) {
        fields.bytes("token_id", hello.token_id.emplace());
    } else if (fields.has("token_id")) {
        fields.fail(Code::protocol, "token_id", " cannot be sent by a server");
    }
}

void decode_limits(FieldReader& fields, HelloLimits& out, Error& error) {
    auto map = fields.map("limits");
    if (!map) {
        return;
    }
    FieldReader inner(*map, "hello.limits", error);
    inner.number("first_window", out.first_window, limits::first_window_min, limits::credit_outstanding_max);
    inner.number("streams_max", out.streams_max, 0, count_max);
    inner.number("opens_max", out.opens_max, 0, count_max);
    inner.number("control_max", out.control_max, limits::control_payload_max, any_u32);
    inner.number("services_max", out.services_max, 0, count_max);
}

ControlMessage decode_hello(cbor::Item map, Error& error) {
    Hello hello;
    FieldReader fields(map, "hello", error);
    fields.number("version_min", hello.version_min, 1, 255);
    fields.number("version_max", hello.version_max, 1, 255);
    if (hello.version_max < hello.version_min) {
        fields.fail(Code::protocol, "version_max", " is below version_min");
    }
    fields.number("features", hello.features, 0, any_u64);
    decode_role(fields, hello);
    fields.bytes("nonce", hello.nonce);
    fields.bytes("instance", hello.instance);
    fields.number("epoch", hello.epoch, 0, any_u64);
    fields.optional_number("attempt", hello.attempt, 0, any_u64);
    fields.number("trunks", hello.trunks, 1, limits::trunks_max);
    fields.number("trunk", hello.trunk, 1, hello.trunks);
    decode_limits(fields, hello.limits, error);
    fields.text("agent", hello.agent, 0, limits::agent_text_max);
    fields.optional_text("name", hello.name, limits::client_name_max);
    fields.optional_text("identity", hello.identity, identity_text_max);
    fields.optional_boolean("replaces", hello.replaces);
    if (hello.role == HelloRole::client) {
        read_client_metadata(fields, hello.metadata);
    }
    return hello;
}

ControlMessage decode_auth(cbor::Item map, Error& error) {
    Auth auth;
    FieldReader fields(map, "auth", error);
    fields.bytes("proof", auth.proof);
    if (fields.has("resume")) {
        if (auto inner = fields.map("resume")) {
            FieldReader resume(*inner, "auth.resume", error);
            ResumeRequest& request = auth.resume.emplace();
            resume.bytes("id", request.id);
            resume.number("attempt", request.attempt, 0, any_u64);
            resume.number("received", request.received, 0, any_u64);
            resume.bytes("proof", request.proof);
        }
    }
    return auth;
}

ControlMessage decode_welcome(cbor::Item map, Error& error) {
    Welcome welcome;
    FieldReader fields(map, "welcome", error);
    fields.bytes("proof", welcome.proof);
    fields.text("session", welcome.session, 0, limits::session_text_max);
    fields.number("version", welcome.version, 1, 255);
    fields.number("features", welcome.features, 0, any_u64);
    fields.number("ping_ms", welcome.ping_ms, 1, day_ms);
    fields.number("dead_ms", welcome.dead_ms, welcome.ping_ms, day_ms);
    if (fields.has("resume")) {
        if (auto inner = fields.map("resume")) {
            FieldReader resume(*inner, "welcome.resume", error);
            ResumeOffer& offer = welcome.resume.emplace();
            resume.bytes("id", offer.id);
            resume.number("ms", offer.ms, 1, day_ms);
        }
    }
    if (fields.has("resumed")) {
        if (auto inner = fields.map("resumed")) {
            FieldReader resumed(*inner, "welcome.resumed", error);
            Resumed& answer = welcome.resumed.emplace();
            resumed.number("received", answer.received, 0, any_u64);
            resumed.bytes("proof", answer.proof);
        }
    }
    if (fields.has("cluster")) {
        read_cluster(fields, welcome.cluster.emplace());
    }
    return welcome;
}

// The map may have keys unknown to this version.
void decode_http(FieldReader& service, HttpPart& http, std::size_t index, Error& error) {
    auto map = service.map("http");
    if (!map) {
        return;
    }
    FieldReader fields(*map, "register.services.http", error, index);
    if (fields.has("hosts")) {
        fields.texts("hosts", http.hosts, limits::http_hosts_per_service_max, limits::http_host_text_max);
    }
    fields.optional_text("path", http.path, limits::http_path_text_max);
    read_http_rules(fields, http.rules, http.limits);
    fields.optional_boolean("per_visitor", http.per_visitor);
    fields.optional_boolean("backend_tls", http.backend_tls);
}

void decode_tls(FieldReader& service, TlsPart& tls, std::size_t index, Error& error) {
    if (auto map = service.map("tls")) {
        FieldReader fields(*map, "register.services.tls", error, index);
        fields.texts("hosts", tls.hosts, limits::http_hosts_per_service_max, limits::http_host_text_max);
    }
}

void decode_udp(FieldReader& service, UdpPart& udp, std::size_t index, Error& error) {
    if (auto map = service.map("udp")) {
        FieldReader fields(*map, "register.services.udp", error, index);
        fields.optional_number("idle_ms", udp.idle_ms, limits::udp_idle_ms_min, limits::udp_idle_ms_max);
    }
}

void decode_eject(FieldReader& group, Eject& eject, std::size_t index, Error& error) {
    if (auto map = group.map("eject")) {
        FieldReader fields(*map, "register.services.group.eject", error, index);
        fields.number("failures", eject.failures, 1, eject_failures_max);
        fields.optional_number("first_ms", eject.first_ms, eject_ms_min, eject_ms_max);
        fields.optional_number("longest_ms", eject.longest_ms, eject_ms_min, eject_ms_max);
        fields.optional_number("share", eject.share, 1, 100);
        fields.optional_number("counts", eject.counts, 0, any_u32);
        fields.optional_boolean("last", eject.last_too);
    }
}

void decode_group(FieldReader& service, Service& out, std::size_t index, Error& error) {
    if (auto map = service.map("group")) {
        FieldReader fields(*map, "register.services.group", error, index);
        fields.text("name", out.group.name, 1, group_name_max);
        fields.optional_number("balance", out.group.balance, 0, 255);
        fields.optional_number("weight", out.group.weight, 1, group_weight_max);
        fields.optional_boolean("standby", out.group.standby);
        fields.optional_number("sticky", out.group.sticky, 0, 255);
        if (fields.has("eject")) {
            decode_eject(fields, out.group.eject, index, error);
        }
    }
}

void decode_health(FieldReader& service, Service& out, std::size_t index, Error& error) {
    if (auto map = service.map("health")) {
        FieldReader fields(*map, "register.services.health", error, index);
        out.health.emplace();
        fields.optional_boolean("healthy", out.health->healthy);
        fields.optional_boolean("try", out.health->try_when_all_unhealthy);
    }
}

void decode_plugins(FieldReader& fields, Service& service, std::size_t index) {
    read_plugins(fields, index, service.plugins);
    if (service.http.rules.bytes() + bytes_of(service.plugins) > limits::http_rules_bytes_max) {
        fields.fail(Code::limit, "plugins",
                    " takes more than " + std::to_string(limits::http_rules_bytes_max) + " bytes, with its rules");
    }
}

void decode_service(FieldReader& fields, Service& service, std::size_t index, Error& error) {
    fields.number("id", service.id, 1, any_u32);
    fields.number("kind", service.kind, 1, 255);
    fields.number("remote_port", service.remote_port, 0, any_u16);
    fields.optional_text("bind", service.bind, limits::bind_text_max);
    fields.optional_text("name", service.name, limits::service_name_max);
    fields.optional_text("metadata", service.metadata, limits::service_metadata_max);
    if (service.kind == ServiceKind::http && fields.has("http")) {
        decode_http(fields, service.http, index, error);
    }
    if (service.kind == ServiceKind::tls) {
        decode_tls(fields, service.tls, index, error);
    }
    if (service.kind == ServiceKind::udp && fields.has("udp")) {
        decode_udp(fields, service.udp, index, error);
    }
    decode_plugins(fields, service, index);
    if (fields.has("group")) {
        decode_group(fields, service, index, error);
    }
    if (fields.has("health")) {
        decode_health(fields, service, index, error);
    }
    if (fields.has("proof")) {
        fields.bytes("proof", service.proof.emplace());
    }
}

ControlMessage decode_register(cbor::Item map, Error& error) {
    Register message;
    FieldReader fields(map, "register", error);
    fields.number("request", message.request, 0, any_u32);
    for_each_map(fields, "services", "register.services", limits::services_per_message_max, error,
                 [&](FieldReader& inner) {
                     Service& service = message.services.emplace_back();
                     decode_service(inner, service, message.services.size() - 1, error);
                 });
    return message;
}

ControlMessage decode_registered(cbor::Item map, Error& error) {
    Registered message;
    FieldReader fields(map, "registered", error);
    fields.number("request", message.request, 0, any_u32);
    for_each_map(fields, "services", "registered.services", limits::services_per_message_max, error,
                 [&](FieldReader& inner) {
                     RegisteredService& service = message.services.emplace_back();
                     inner.number("id", service.id, 1, any_u32);
                     inner.number("port", service.port, 0, any_u16);
                     inner.text("address", service.address, 0, limits::public_address_max);
                     inner.optional_text("host", service.host, limits::http_host_text_max);
                     inner.optional_text("not_at", service.not_at, not_at_text_max);
                 });
    return message;
}

ControlMessage decode_refused(cbor::Item map, Error& error) {
    Refused refused;
    FieldReader fields(map, "refused", error);
    fields.optional_number("id", refused.id, 0, any_u32);
    fields.number("code", refused.code, 1, any_u16);
    fields.optional_text("text", refused.text, limits::refused_text_max);
    return refused;
}

ControlMessage decode_unregister(cbor::Item map, Error& error) {
    Unregister message;
    FieldReader fields(map, "unregister", error);
    if (auto ids = fields.array("ids", limits::services_max)) {
        ids->for_each_element([&](cbor::Item item) {
            auto id = item.as_unsigned();
            if (!id || *id == 0 || *id > any_u32) {
                fields.fail(Code::protocol, "ids", " has an element that is not a number from 1 to 4294967295");
            } else if (!fields.failed()) {
                message.ids.push_back(static_cast<std::uint32_t>(*id));
            }
        });
    }
    return message;
}

// Reserved. Entries that are not counters are ignored, so that later versions can add others.
ControlMessage decode_stats(cbor::Item map, Error& error) {
    Stats stats;
    FieldReader fields(map, "stats", error);
    auto counters = fields.map("counters");
    if (!counters) {
        return stats;
    }
    if (counters->count() > limits::counters_max) {
        fields.fail(Code::limit, "counters", " has more than " + std::to_string(limits::counters_max) + " elements");
        return stats;
    }
    counters->for_each_pair([&](std::string_view name, cbor::Item item) {
        auto value = item.as_unsigned();
        if (value && name.size() <= limits::counter_name_max && is_printable(name)) {
            stats.counters.emplace_back(name, *value);
        }
    });
    return stats;
}

ControlMessage decode_manage(cbor::Item map, Error& error) {
    Manage message;
    FieldReader fields(map, "manage", error);
    fields.number("request", message.request, 0, any_u32);
    fields.text("text", message.text, 2, manage_text_max);
    return message;
}

ControlMessage decode_managed(cbor::Item map, Error& error) {
    Managed message;
    FieldReader fields(map, "managed", error);
    fields.number("request", message.request, 0, any_u32);
    fields.number("status", message.status, 200, 599);
    fields.text("text", message.text, 2, manage_text_max);
    return message;
}

ControlMessage decode_health_now(cbor::Item map, Error& error) {
    Health message;
    FieldReader fields(map, "health", error);
    fields.number("id", message.id, 1, any_u32);
    fields.optional_boolean("healthy", message.healthy);
    fields.optional_text("text", message.text, health_text_max);
    return message;
}

ControlMessage decode_take_over(cbor::Item, Error&) {
    return TakeOver{};
}

ControlMessage decode_taken_over(cbor::Item map, Error& error) {
    TakenOver message;
    FieldReader(map, "taken_over", error).number("clients", message.clients, 0, any_u32);
    return message;
}

ControlMessage decode_replaced(cbor::Item map, Error& error) {
    Replaced message;
    FieldReader(map, "replaced", error).optional_text("text", message.text, limits::refused_text_max);
    return message;
}

using Decoder = ControlMessage (*)(cbor::Item, Error&);

struct MessageType {
    std::string_view name;
    Decoder decode;
};

constexpr MessageType message_types[] = {
    {"hello", decode_hello},           {"auth", decode_auth},         {"welcome", decode_welcome},
    {"register", decode_register},     {"refused", decode_refused},   {"registered", decode_registered},
    {"unregister", decode_unregister}, {"stats", decode_stats},       {"manage", decode_manage},
    {"managed", decode_managed},       {"health", decode_health_now}, {"take_over", decode_take_over},
    {"taken_over", decode_taken_over}, {"replaced", decode_replaced},
};

constexpr std::size_t type_text_max = 32;

}  // namespace

Result<ControlMessage, ControlError> decode_control(Bytes payload) {
    if (payload.size() > limits::control_payload_max) {
        return ControlError{Code::frame_size, "a control message is too long"};
    }
    auto root = cbor::parse(payload);
    if (!root) {
        bool limit = root.error() == cbor::Problem::nested_too_deep || root.error() == cbor::Problem::too_many_items;
        return ControlError{limit ? Code::limit : Code::protocol,
                            "a control message cannot be read: " + std::string(cbor::describe(root.error()))};
    }
    if (root->type() != cbor::Type::map) {
        return ControlError{Code::protocol, "a control message is not a map"};
    }
    Error error;
    std::string type;
    FieldReader(*root, "message", error).text("t", type, 1, type_text_max);
    ControlMessage message = Unknown{type};
    for (const MessageType& candidate : message_types) {
        if (candidate.name == type) {
            message = candidate.decode(*root, error);
        }
    }
    if (error) {
        return *error;
    }
    return message;
}

}  // namespace ferrotunnel::wire
