#include "base/check.hpp"
#include "base/text.hpp"
#include "ferrotunnel/version.hpp"
#include "wire/cbor.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::wire {
namespace {

static_assert(limits::services_max <= limits::control_items_max);
static_assert(limits::services_max * 5 + 64 <= limits::control_payload_max, "unregister fits with 5 bytes per id");
static_assert(manage_text_max + 64 <= limits::control_payload_max);
static_assert(limits::counters_max * (limits::counter_name_max + 2 + 9) + 64 <= limits::control_payload_max);
// One service with its overhead, estimated generously: a message with at least one service always fits.
static_assert(limits::service_bytes_max <= limits::control_payload_max);

// Asserts that the receiver accepts the message; the rules are only in the decoder.
ControlPayload checked(cbor::Writer& writer, std::size_t most = limits::control_payload_max) {
    ControlPayload payload = writer.take();
    check(payload.size() <= most, "a control message fits its frame");
    check(static_cast<bool>(decode_control(payload)), "a control message that is sent follows its rules");
    return payload;
}

void write_hosts(cbor::Writer& writer, const std::vector<std::string>& hosts) {
    writer.text("hosts").array(hosts.size());
    for (const std::string& host : hosts) {
        writer.text(host);
    }
}

void write_http(cbor::Writer& writer, const HttpPart& http) {
    writer.map((http.hosts.empty() ? 0U : 1U) + (http.path.empty() ? 0U : 1U) +
               count_http_rules(http.rules, http.limits) + (http.per_visitor ? 1U : 0U) + (http.backend_tls ? 1U : 0U));
    if (!http.hosts.empty()) {
        write_hosts(writer, http.hosts);
    }
    if (!http.path.empty()) {
        writer.text("path").text(http.path);
    }
    write_http_rules(writer, http.rules, http.limits);
    if (http.per_visitor) {
        writer.text("per_visitor").boolean(true);
    }
    if (http.backend_tls) {
        writer.text("backend_tls").boolean(true);
    }
}

void write_eject(cbor::Writer& writer, const Eject& eject) {
    const Eject usual;
    struct Number {
        const char* key;
        std::uint32_t is;
        std::uint32_t usually;
    };
    const Number numbers[] = {{"first_ms", eject.first_ms, usual.first_ms},
                              {"longest_ms", eject.longest_ms, usual.longest_ms},
                              {"share", eject.share, usual.share},
                              {"counts", eject.counts, usual.counts}};
    std::size_t size = 1U + (eject.last_too ? 1U : 0U);
    for (const Number& number : numbers) {
        size += number.is != number.usually ? 1U : 0U;
    }
    writer.map(size).text("failures").unsigned_integer(eject.failures);
    for (const Number& number : numbers) {
        if (number.is != number.usually) {
            writer.text(number.key).unsigned_integer(number.is);
        }
    }
    if (eject.last_too) {
        writer.text("last").boolean(true);
    }
}

void write_group(cbor::Writer& writer, const GroupPart& group) {
    const bool balance = group.balance != Balance::round_robin;
    const bool sticky = group.sticky != Sticky::off;
    const bool eject = group.eject.failures != 0;
    writer.map(1U + (balance ? 1U : 0U) + (group.weight != 1 ? 1U : 0U) + (group.standby ? 1U : 0U) +
               (sticky ? 1U : 0U) + (eject ? 1U : 0U));
    writer.text("name").text(group.name);
    if (balance) {
        writer.text("balance").unsigned_integer(static_cast<std::uint8_t>(group.balance));
    }
    if (group.weight != 1) {
        writer.text("weight").unsigned_integer(group.weight);
    }
    if (group.standby) {
        writer.text("standby").boolean(true);
    }
    if (sticky) {
        writer.text("sticky").unsigned_integer(static_cast<std::uint8_t>(group.sticky));
    }
    if (eject) {
        write_eject(writer.text("eject"), group.eject);
    }
}

void write_service(cbor::Writer& writer, const Service& service) {
    bool bind = !service.bind.empty();
    bool name = !service.name.empty();
    bool metadata = !service.metadata.empty();
    bool http = service.kind == ServiceKind::http && service.http != HttpPart{};
    bool tls = service.kind == ServiceKind::tls;
    bool udp = service.kind == ServiceKind::udp && service.udp != UdpPart{};
    writer.map(3U + (bind ? 1U : 0U) + (name ? 1U : 0U) + (metadata ? 1U : 0U) + (http ? 1U : 0U) + (tls ? 1U : 0U) +
               (udp ? 1U : 0U) + (service.plugins.empty() ? 0U : 1U) + (service.group.name.empty() ? 0U : 1U) +
               (service.health ? 1U : 0U) + (service.proof ? 1U : 0U));
    writer.text("id").unsigned_integer(service.id);
    writer.text("kind").unsigned_integer(static_cast<std::uint8_t>(service.kind));
    writer.text("remote_port").unsigned_integer(service.remote_port);
    if (bind) {
        writer.text("bind").text(service.bind);
    }
    if (name) {
        writer.text("name").text(service.name);
    }
    if (metadata) {
        writer.text("metadata").text(service.metadata);
    }
    if (http) {
        write_http(writer.text("http"), service.http);
    }
    if (tls) {
        write_hosts(writer.text("tls").map(1), service.tls.hosts);
    }
    if (udp) {
        writer.text("udp").map(1).text("idle_ms").unsigned_integer(service.udp.idle_ms);
    }
    write_plugins(writer, service.plugins);
    if (!service.group.name.empty()) {
        write_group(writer.text("group"), service.group);
    }
    if (service.health) {
        const HealthPart& health = *service.health;
        writer.text("health").map((health.healthy ? 1U : 0U) + (health.try_when_all_unhealthy ? 1U : 0U));
        if (health.healthy) {
            writer.text("healthy").boolean(true);
        }
        if (health.try_when_all_unhealthy) {
            writer.text("try").boolean(true);
        }
    }
    if (service.proof) {
        writer.text("proof").bytes(*service.proof);
    }
}

void write_service(cbor::Writer& writer, const RegisteredService& service) {
    writer.map(3U + (service.host.empty() ? 0U : 1U) + (service.not_at.empty() ? 0U : 1U));
    writer.text("id").unsigned_integer(service.id);
    writer.text("port").unsigned_integer(service.port);
    writer.text("address").text(printable(service.address, limits::public_address_max));
    if (!service.host.empty()) {
        writer.text("host").text(service.host);
    }
    if (!service.not_at.empty()) {
        writer.text("not_at").text(printable(service.not_at, not_at_text_max));
    }
}

template <typename Any>
cbor::Writer write_list(std::string_view type, std::uint32_t request, std::span<const Any> services) {
    cbor::Writer writer;
    writer.map(3);
    writer.text("t").text(type);
    writer.text("request").unsigned_integer(request);
    writer.text("services").array(services.size());
    for (const Any& service : services) {
        write_service(writer, service);
    }
    return writer;
}

template <typename Any>
std::size_t size_of(const Any& service) {
    cbor::Writer writer;
    write_service(writer, service);
    return writer.size();
}

// Splits the list whenever a message is full, by count or by bytes.
template <typename Any>
std::vector<ControlPayload> encode_list(std::string_view type, std::uint32_t request, std::span<const Any> services) {
    constexpr std::size_t around = 64;  // the map, "t", "request" and the array's head
    std::vector<ControlPayload> messages;
    while (!services.empty()) {
        std::size_t count = 0;
        for (std::size_t bytes = around; count < services.size() && count < limits::services_per_message_max; ++count) {
            bytes += size_of(services[count]);
            if (bytes > limits::control_payload_max && count > 0) {
                break;
            }
        }
        cbor::Writer writer = write_list(type, request, services.first(count));
        messages.push_back(checked(writer));
        services = services.subspan(count);
    }
    return messages;
}

void write_limits(cbor::Writer& writer, const HelloLimits& limits) {
    writer.map(5);
    writer.text("first_window").unsigned_integer(limits.first_window);
    writer.text("streams_max").unsigned_integer(limits.streams_max);
    writer.text("opens_max").unsigned_integer(limits.opens_max);
    writer.text("control_max").unsigned_integer(limits.control_max);
    writer.text("services_max").unsigned_integer(limits.services_max);
}

}  // namespace

std::string agent_name() {
    return "ferrotunnel/" + std::string(version_string);
}

ControlPayload encode_control(const Hello& hello) {
    cbor::Writer writer;
    writer.map(12U + (hello.token_id ? 1U : 0U) + (hello.attempt != 0 ? 1U : 0U) + (hello.name.empty() ? 0U : 1U) +
               (hello.identity.empty() ? 0U : 1U) + (hello.replaces ? 1U : 0U) + (hello.metadata.empty() ? 0U : 1U));
    writer.text("t").text("hello");
    writer.text("version_min").unsigned_integer(hello.version_min);
    writer.text("version_max").unsigned_integer(hello.version_max);
    writer.text("features").unsigned_integer(hello.features);
    writer.text("role").text(hello.role == HelloRole::client ? "client" : "server");
    writer.text("nonce").bytes(hello.nonce);
    if (hello.token_id) {
        writer.text("token_id").bytes(*hello.token_id);
    }
    writer.text("instance").bytes(hello.instance);
    writer.text("epoch").unsigned_integer(hello.epoch);
    if (hello.attempt != 0) {
        writer.text("attempt").unsigned_integer(hello.attempt);
    }
    writer.text("trunk").unsigned_integer(hello.trunk);
    writer.text("trunks").unsigned_integer(hello.trunks);
    write_limits(writer.text("limits"), hello.limits);
    writer.text("agent").text(printable(hello.agent, limits::agent_text_max));
    if (!hello.name.empty()) {
        writer.text("name").text(printable(hello.name, limits::client_name_max));
    }
    if (!hello.identity.empty()) {
        writer.text("identity").text(printable(hello.identity, identity_text_max));
    }
    if (hello.replaces) {
        writer.text("replaces").boolean(true);
    }
    if (!hello.metadata.empty()) {
        write_client_metadata(writer.text("metadata"), hello.metadata);
    }
    return checked(writer, limits::control_payload_unauthenticated_max);
}

ControlPayload encode_control(const Auth& auth) {
    cbor::Writer writer;
    writer.map(auth.resume ? 3 : 2);
    writer.text("t").text("auth");
    writer.text("proof").bytes(auth.proof);
    if (auth.resume) {
        writer.text("resume").map(4);
        writer.text("id").bytes(auth.resume->id);
        writer.text("attempt").unsigned_integer(auth.resume->attempt);
        writer.text("received").unsigned_integer(auth.resume->received);
        writer.text("proof").bytes(auth.resume->proof);
    }
    return checked(writer, limits::control_payload_unauthenticated_max);
}

ControlPayload encode_control(const Welcome& welcome) {
    cbor::Writer writer;
    writer.map(7U + (welcome.resume ? 1U : 0U) + (welcome.resumed ? 1U : 0U) + (welcome.cluster ? 1U : 0U));
    writer.text("t").text("welcome");
    writer.text("proof").bytes(welcome.proof);
    writer.text("session").text(printable(welcome.session, limits::session_text_max));
    writer.text("version").unsigned_integer(welcome.version);
    writer.text("features").unsigned_integer(welcome.features);
    writer.text("ping_ms").unsigned_integer(welcome.ping_ms);
    writer.text("dead_ms").unsigned_integer(welcome.dead_ms);
    if (welcome.resume) {
        writer.text("resume").map(2);
        writer.text("id").bytes(welcome.resume->id);
        writer.text("ms").unsigned_integer(welcome.resume->ms);
    }
    if (welcome.resumed) {
        writer.text("resumed").map(2);
        writer.text("received").unsigned_integer(welcome.resumed->received);
        writer.text("proof").bytes(welcome.resumed->proof);
    }
    if (welcome.cluster) {
        write_cluster(writer.text("cluster"), *welcome.cluster);
    }
    return checked(writer, limits::control_payload_unauthenticated_max);
}

ControlPayload encode_control(const Refused& refused) {
    const std::string text = printable(refused.text, limits::refused_text_max);
    cbor::Writer writer;
    writer.map(2U + (refused.id != 0 ? 1U : 0U) + (text.empty() ? 0U : 1U));
    writer.text("t").text("refused");
    if (refused.id != 0) {
        writer.text("id").unsigned_integer(refused.id);
    }
    writer.text("code").unsigned_integer(static_cast<std::uint16_t>(refused.code));
    if (!text.empty()) {
        writer.text("text").text(text);
    }
    return checked(writer, limits::control_payload_unauthenticated_max);
}

ControlPayload encode_control(const Unregister& unregister) {
    cbor::Writer writer;
    writer.map(2);
    writer.text("t").text("unregister");
    writer.text("ids").array(unregister.ids.size());
    for (std::uint32_t id : unregister.ids) {
        writer.unsigned_integer(id);
    }
    return checked(writer);
}

ControlPayload encode_control(const Stats& stats) {
    cbor::Writer writer;
    writer.map(2);
    writer.text("t").text("stats");
    writer.text("counters").map(stats.counters.size());
    for (const auto& [name, value] : stats.counters) {
        writer.text(name).unsigned_integer(value);
    }
    return checked(writer);
}

ControlPayload encode_control(const Manage& manage) {
    cbor::Writer writer;
    writer.map(3);
    writer.text("t").text("manage");
    writer.text("request").unsigned_integer(manage.request);
    writer.text("text").text(manage.text);
    return checked(writer);
}

ControlPayload encode_control(const Managed& managed) {
    cbor::Writer writer;
    writer.map(4);
    writer.text("t").text("managed");
    writer.text("request").unsigned_integer(managed.request);
    writer.text("status").unsigned_integer(managed.status);
    writer.text("text").text(managed.text);
    return checked(writer);
}

ControlPayload encode_control(const Health& health) {
    cbor::Writer writer;
    writer.map(2U + (health.healthy ? 1U : 0U) + (health.text.empty() ? 0U : 1U));
    writer.text("t").text("health");
    writer.text("id").unsigned_integer(health.id);
    if (health.healthy) {
        writer.text("healthy").boolean(true);
    }
    if (!health.text.empty()) {
        writer.text("text").text(printable(health.text, health_text_max));
    }
    return checked(writer);
}

ControlPayload encode_control(const TakeOver&) {
    cbor::Writer writer;
    writer.map(1);
    writer.text("t").text("take_over");
    return checked(writer);
}

ControlPayload encode_control(const TakenOver& message) {
    cbor::Writer writer;
    writer.map(2);
    writer.text("t").text("taken_over");
    writer.text("clients").unsigned_integer(message.clients);
    return checked(writer);
}

ControlPayload encode_control(const Replaced& message) {
    cbor::Writer writer;
    writer.map(1U + (message.text.empty() ? 0U : 1U));
    writer.text("t").text("replaced");
    if (!message.text.empty()) {
        writer.text("text").text(printable(message.text, limits::refused_text_max));
    }
    return checked(writer);
}

std::vector<ControlPayload> encode_register(std::uint32_t request, std::span<const Service> services) {
    return encode_list("register", request, services);
}

std::vector<ControlPayload> encode_registered(std::uint32_t request, std::span<const RegisteredService> services) {
    return encode_list("registered", request, services);
}

std::optional<ControlError> problem_of(const Service& service) {
    cbor::Writer writer = write_list("register", 0, std::span(&service, 1));
    auto result = decode_control(writer.take());
    if (result) {
        return std::nullopt;
    }
    return result.error();
}

}  // namespace ferrotunnel::wire
