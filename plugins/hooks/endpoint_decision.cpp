#include "hooks/endpoint_decision.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "hooks/decision_json.hpp"

namespace ferrotunnel::plugins {

using nlohmann::json;
using plugin::Limit;

namespace {

constexpr std::size_t hosts_max = 16;              // the server's limit for a service
constexpr std::size_t notes_max = 32;              // the server's limit for a subject
constexpr std::size_t notes_bytes_max = 4 * 1024;  // those of logins are remembered for a while

struct NamedLimit {
    const char* name;
    Limit limit;
};
constexpr std::array<NamedLimit, 6> known_limits{{{"connect_ms", Limit::connect_ms},
                                                  {"first_byte_ms", Limit::first_byte_ms},
                                                  {"upgraded_idle_ms", Limit::upgraded_idle_ms},
                                                  {"body_rate", Limit::body_rate},
                                                  {"body_max", Limit::body_max},
                                                  {"upgrades", Limit::upgrades}}};

/// Names that the endpoint chose, for the log.
std::string shown(const std::string& name) {
    constexpr std::size_t most = 40;
    std::string text = "`" + name.substr(0, most) + "`";
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
}

[[noreturn]] void wrong(const std::string& words) {
    throw std::invalid_argument(words);
}

std::string text_of(const json& value, const std::string& where) {
    return value.is_string() ? value.get<std::string>() : (wrong(where + " is not a string"), std::string());
}

void read_hosts(const json& value, EndpointDecision& decision) {
    if (!value.is_array() || value.empty() || value.size() > hosts_max) {
        wrong("`hosts` is not a list of 1 to 16 hosts");
    }
    for (const json& host : value) {
        decision.hosts.push_back(text_of(host, "one of `hosts`"));
    }
}

void read_limits(const json& value, EndpointDecision& decision) {
    if (!value.is_object()) {
        wrong("`limits` is not an object");
    }
    for (const auto& [name, limit] : value.items()) {
        const auto known = std::find_if(known_limits.begin(), known_limits.end(),
                                        [&name = name](const NamedLimit& each) { return each.name == name; });
        if (known == known_limits.end()) {
            wrong("`limits` has the unknown key " + shown(name));
        }
        const bool is_switch = known->limit == Limit::upgrades;
        if (is_switch ? !limit.is_boolean() : !limit.is_number_unsigned()) {
            wrong("`limits." + name + "` is " + (is_switch ? "not true or false" : "not a whole number from 0"));
        }
        decision.limits.emplace_back(
            known->limit, is_switch ? std::uint64_t{limit.get<bool>() ? 1U : 0U} : limit.get<std::uint64_t>());
    }
}

void read_notes(const json& value, EndpointDecision& decision) {
    if (!value.is_object() || value.size() > notes_max) {
        wrong("`notes` is not an object of up to 32 strings");
    }
    std::size_t bytes = 0;
    for (const auto& [name, note] : value.items()) {
        decision.notes.push_back({name, text_of(note, "one of `notes`")});
        bytes += name.size() + decision.notes.back().value.size();
    }
    if (bytes > notes_bytes_max) {
        wrong("`notes` has more than 4 KiB of text");
    }
}

void read_key(const std::string& name, const json& value, Event event, EndpointDecision& decision) {
    if (name == "decision") {
        return;
    }
    if (name == "version") {
        check_version(value);
    } else if (name == "reason" && !decision.accepts) {
        decision.reason = text_of(value, "`reason`");
    } else if (name == "hosts" && decision.accepts && event == Event::registration) {
        read_hosts(value, decision);
    } else if (name == "limits" && decision.accepts && event == Event::registration) {
        read_limits(value, decision);
    } else if (name == "notes" && decision.accepts && event != Event::connect) {
        read_notes(value, decision);
    } else {
        wrong("the key " + shown(name) + " is not valid in this response");
    }
}

template <typename Subject>
bool set_notes(Subject& subject, const EndpointDecision& decision) {
    return std::all_of(decision.notes.begin(), decision.notes.end(),
                       [&](const plugin::Field& note) { return subject.set_note(note.name, note.value); });
}

}  // namespace

EndpointDecision read_decision(std::string_view body, Event event) {
    const auto object = parse_strict_object(body);
    if (!object) {
        return without_decision<EndpointDecision>(not_an_object);
    }
    EndpointDecision decision;
    try {
        decision.accepts = is_accept(*object);
        for (const auto& [name, value] : object->items()) {
            read_key(name, value, event, decision);
        }
    } catch (const std::invalid_argument& problem) {
        return without_decision<EndpointDecision>(problem.what());
    }
    if (!decision.accepts && decision.reason.empty()) {
        decision.reason = "refused";
    }
    return decision;
}

bool amend(plugin::Login& login, const EndpointDecision& decision) {
    return set_notes(login, decision);
}

bool amend(plugin::Registration& wanted, const EndpointDecision& decision) {
    const bool fits = (decision.hosts.empty() || wanted.set_hosts(decision.hosts)) &&
                      std::all_of(decision.limits.begin(), decision.limits.end(),
                                  [&](const auto& limit) { return wanted.set_limit(limit.first, limit.second); });
    return fits && set_notes(wanted, decision);
}

}  // namespace ferrotunnel::plugins
