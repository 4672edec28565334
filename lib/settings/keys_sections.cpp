#include "settings/keys_sections.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "ferrotunnel/detail/read_timing.hpp"

namespace ferrotunnel::detail {
namespace {

using config::assign;
using config::Section;
using config::Value;

// A key that names a file, which may also be this word.
std::optional<std::string> read_path_or(const Value& value, std::string_view word) {
    std::optional<std::string> text = value.text();
    return text && *text == word ? text : value.path();
}

// `token` of a server: one or several, each alone or with a name.
void read_server_token(Value value, std::vector<NamedToken>& tokens, ConfigReading& reading) {
    value.hide();
    NamedToken token;
    std::optional<Value> secret = value;
    std::optional<Section> group;
    if (value.is_group()) {
        group = value.section();
        if (auto name = group->find("name")) {
            assign(token.name, name->word());
        }
        secret = group->find("secret");
        group->finish(true);
        if (!secret) {
            value.problem("`secret` is missing: the token, as file:PATH or env:NAME");
            return;
        }
    }
    if (token.name.empty()) {
        token.name = token_name_of(*secret);
    }
    if (std::optional<Secret> read = read_secret(*secret, reading)) {
        token.secret = std::move(*read);
        tokens.push_back(std::move(token));
    }
}

}  // namespace

std::optional<Value> SectionReader::find(const std::string& key, const std::string& setting) {
    return find_in(section_, key, setting);
}

std::optional<Value> SectionReader::find_in(Section& section, const std::string& key, const std::string& setting) {
    std::optional<Value> value = section.find(key);
    if (!setting.empty()) {
        const config::Place place = value ? value->place() : section.place();
        Origin origin{reading_.file.name, section.path_of(key), place.line, place.column, value.has_value()};
        if (value && value->has_variables() && setting != "token") {
            origin.value = value->try_text().value_or("");
            origin.written = value->written();
        }
        const auto [known, fresh] = origins_.try_emplace(setting, origin);
        if (!fresh && !known->second.is_there) {  // two keys of one setting: the first that is there
            known->second = origin;
        }
    }
    return value;
}

void SectionReader::read_timing(Timing& timing) {
    Section section = group(section_, "timing", {});
    const bool reconnects = &origins_ == &reading_.file.client_origins;
    detail::read_timing(timing, reconnects, [&](const char* key, std::chrono::milliseconds& into) {
        const std::optional<Value> value = find_in(section, key, std::string("timing.") + key);
        const std::optional<std::chrono::milliseconds> time = value ? value->time() : std::nullopt;
        assign(into, time);
        return time.has_value();
    });
    section.finish();
}

void SectionReader::read_common(CommonValues& settings, ProgramValues& program) {
    if (auto value = find("allow_weak_token")) {
        assign(settings.allow_weak_token, value->boolean());
    }
    if (auto value = find("tls")) {
        const std::optional<bool> on = value->boolean();
        settings.tls_off = on && !*on;
    }
    if (auto value = find("workers", "workers")) {
        assign(settings.workers, value->number(0, limits::workers_max));
    }
    if (auto value = find("memory_max", "memory_max")) {
        assign(settings.memory_max, value->size(limits::memory_min, limits::memory_settable_max));
    }
    if (auto value = find("drain")) {
        program.drain = value->time();
    }
    if (auto value = find("endpoint_file")) {
        assign(program.endpoint_file, value->path());
        program.endpoint_file_place = value->place();
    }
    read_timing(settings.timing);
}

namespace {

// Which there are, and what the clients of each may have.
void read_server_tokens(SectionReader& reader, ServerPart& part, ConfigReading& reading) {
    ServerValues& settings = part.settings;
    if (auto value = reader.find("connections_per_token", "connections_per_token")) {
        assign(settings.connections_per_token, value->number(1, limits::sessions_max));
    }
    if (auto value = reader.find("ports_per_token", "ports_per_token")) {
        assign(settings.ports_per_token, value->number(1, limits::ports_per_token_settable_max));
    }
    if (auto value = reader.find("token", "token")) {
        part.has_token = true;
        value->hide();
        for (Value& item : value->items_or_single()) {
            read_server_token(item, settings.tokens, reading);
        }
    }
}

}  // namespace

ServerPart read_server(Section section, ConfigReading& reading) {
    ServerPart part;
    ServerValues& settings = part.settings;
    SectionReader reader(section, reading, reading.file.server_origins);
    if (auto value = reader.find("bind", "bind")) {
        assign(settings.bind, value->word());
    }
    if (auto value = reader.find("tcp_bind", "tcp_bind")) {
        assign(settings.tcp_bind, value->word());
    }
    if (auto value = reader.find("http_bind", "http_bind")) {
        part.says_http_bind = true;
        assign(settings.http_bind, value->word());
        if (settings.http_bind == "off") {
            settings.http_bind.clear();
        }
    }
    if (auto value = reader.find("https_bind", "https_bind")) {
        part.says_https_bind = true;
        assign(settings.https_bind, value->word());
        if (settings.https_bind == "off") {
            settings.https_bind.clear();
        }
    }
    reader.read_https(settings.https);
    if (part.says_https_bind && settings.https_bind.empty()) {
        settings.https = {};  // it is off, whatever is kept for another time
    }
    if (auto value = reader.find("proxy_protocol_from", "proxy_protocol_from")) {
        for (const Value& item : value->items_or_single()) {
            if (auto network = item.word()) {
                settings.proxies.push_back(std::move(*network));
            }
        }
    }
    if (auto value = reader.find("domain", "domain")) {
        assign(settings.domain, value->word());
    }
    if (auto value = reader.find("public_host", "public_host")) {
        assign(settings.public_host, value->word());
    }
    if (auto value = reader.find("allow_ports", "allow_ports")) {
        std::string ports;
        for (const Value& item : value->items_or_single()) {
            ports += (ports.empty() ? "" : ",") + item.word().value_or("");
        }
        settings.allow_ports = ports;
    }
    read_server_tokens(reader, part, reading);
    if (auto value = reader.find("tls_cert", "tls_certificate")) {
        assign(settings.tls_chain, value->path());
    }
    if (auto value = reader.find("tls_key", "tls_certificate")) {
        assign(settings.tls_key, value->path());
    }
    if (auto value = reader.find("state_dir", "state_dir")) {
        assign(settings.state_dir, value->path());
    }
    reader.read_http(settings.http);
    reader.read_common(settings, part);
    section.finish();
    return part;
}

ClientPart read_client(Section section, ConfigReading& reading) {
    ClientPart part;
    ClientValues& settings = part.settings;
    SectionReader reader(section, reading, reading.file.client_origins);
    if (auto value = reader.find("server", "server")) {
        assign(settings.server, value->word());
    }
    if (auto value = reader.find("token", "token")) {
        part.has_token = true;
        value->hide();
        if (std::optional<Secret> secret = read_secret(*value, reading)) {
            settings.token = std::move(*secret);
        }
    }
    if (auto value = reader.find("tls_ca", "tls_ca")) {
        assign(settings.tls_ca, read_path_or(*value, "system"));
    }
    if (auto value = reader.find("tls_pin", "tls_pin")) {
        assign(settings.tls_pin, value->word());
    }
    if (auto value = reader.find("name", "name")) {
        assign(settings.name, value->word());
    }
    if (auto value = reader.find("connections", "connections")) {
        assign(settings.connections, value->number(1, limits::trunks_per_tunnel_max));
        settings.connections_by_distance = false;
    }
    if (auto value = reader.find("attempts")) {
        assign(settings.attempts, value->number(0, limits::attempts_max));
    }
    if (auto value = reader.find("services")) {
        read_services(*value, reading.file.values.server, part);
    }
    reader.read_common(settings, part);
    section.finish();
    return part;
}

LogPart read_log(Section section) {
    LogPart part;
    if (auto value = section.find("level")) {
        // In the order of LogLevel.
        if (auto level = value->choice({"trace", "debug", "info", "warn", "error", "off"})) {
            part.level = static_cast<LogLevel>(*level);
        }
    }
    if (auto value = section.find("format")) {
        if (auto format = value->choice({"text", "json"})) {
            part.format = *format == 0 ? LogFormat::text : LogFormat::json;
        }
    }
    section.finish();
    return part;
}

}  // namespace ferrotunnel::detail
