#include "hooks/event.hpp"

#include <openssl/rand.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ferrotunnel::plugins {

using nlohmann::ordered_json;
using plugin::Login;
using plugin::Registration;
using plugin::Visitor;
using plugin::VisitOutcome;

namespace {

ordered_json begin(Event event, const std::string& id) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {{"version", 1},
            {"event", name_of(event)},
            {"id", id},
            {"time_ms", std::chrono::duration_cast<std::chrono::milliseconds>(now).count()}};
}

/// The client. `subject` is any of the three.
template <typename Subject>
ordered_json client_of(const Subject& subject) {
    return {{"token", subject.token()}, {"instance", subject.client()}, {"name", subject.client_name()}};
}

/// The client's own metadata, if it has any.
void add_metadata(ordered_json& to, const std::vector<std::pair<plugin::Text, plugin::Text>>& pairs) {
    for (const auto& [key, value] : pairs) {
        to["metadata"][std::string(key)] = value;
    }
}

template <typename Subject>
void add_address(ordered_json& to, const Subject& subject) {
    to["address"] = subject.address();
    to["port"] = subject.address_port();
}

std::string text_of(const ordered_json& body) {
    return body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string_view name_of(VisitOutcome::End end) noexcept {
    switch (end) {
        case VisitOutcome::End::refused:
            return "refused";
        case VisitOutcome::End::served:
            return "served";
        case VisitOutcome::End::unserved:
            break;
    }
    return "unserved";
}

ordered_json about_visit(Event event, const Visitor& visit, const std::string& id, const std::string& visit_id) {
    ordered_json body = begin(event, id);
    body["visit"] = visit_id;
    body["client"] = client_of(visit);
    const char* kind = visit.is_tls() ? "tls" : visit.is_udp() ? "udp" : "tcp";
    body["service"] = {{"name", visit.service()}, {"kind", kind}, {"port", visit.port()}};
    ordered_json visitor = ordered_json::object();
    add_address(visitor, visit);
    visitor["host"] = visit.host();
    body["visitor"] = std::move(visitor);
    return body;
}

}  // namespace

std::string_view name_of(Event event) noexcept {
    switch (event) {
        case Event::login:
            return "login";
        case Event::registration:
            return "register";
        case Event::connect:
            return "connect";
        case Event::authenticate:
            return "authenticate";
        case Event::close:
            break;
    }
    return "close";
}

EventIds::EventIds() {
    std::array<unsigned char, 8> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
        throw std::runtime_error("no random bytes are available");
    }
    constexpr std::string_view digits = "0123456789abcdef";
    for (const unsigned char byte : random) {
        prefix_ += digits[byte / 16U];
        prefix_ += digits[byte % 16U];
    }
    prefix_ += '-';
}

std::string EventIds::next() {
    return prefix_ + std::to_string(++count_);
}

std::string body_of(const Login& login, const std::string& id) {
    ordered_json body = begin(Event::login, id);
    ordered_json client = client_of(login);
    add_address(client, login);
    client["agent"] = login.agent();
    client["protocol"] = login.version();
    client["trunk"] = login.connection();
    client["trunks"] = login.connections();
    add_metadata(client, login.client_metadata());
    body["client"] = std::move(client);
    return text_of(body);
}

std::string body_of(const plugin::TokenQuery& query, const std::string& id) {
    ordered_json body = begin(Event::authenticate, id);
    ordered_json client = {{"token_id", query.token_id},
                           {"name", query.name},
                           {"address", query.address},
                           {"port", query.port},
                           {"agent", query.agent}};
    add_metadata(client, query.metadata);
    body["client"] = std::move(client);
    return text_of(body);
}

std::string body_of(const Registration& wanted, const std::string& id) {
    ordered_json body = begin(Event::registration, id);
    ordered_json client = client_of(wanted);
    add_address(client, wanted);
    add_metadata(client, wanted.client_metadata());
    body["client"] = std::move(client);
    ordered_json hosts = ordered_json::array();
    for (std::size_t i = 0; i < wanted.hosts(); ++i) {
        hosts.push_back(wanted.host(i));
    }
    body["service"] = {{"name", wanted.service()},     {"kind", wanted.kind()}, {"hosts", std::move(hosts)},
                       {"path", wanted.path()},        {"port", wanted.port()}, {"bind", wanted.bind()},
                       {"metadata", wanted.metadata()}};
    return text_of(body);
}

std::string body_of(const Visitor& visit, const std::string& id, const std::string& visit_id) {
    return text_of(about_visit(Event::connect, visit, id, visit_id));
}

std::string body_of(const Visitor& visit, const std::string& id, const VisitState& told, const VisitOutcome& outcome) {
    ordered_json body = about_visit(Event::close, visit, id, told.id);
    body["outcome"] = {
        {"end", name_of(outcome.end)},
        {"error", told.error},
        {"received_bytes", outcome.received_bytes},
        {"sent_bytes", outcome.sent_bytes},
        {"duration_ms", std::chrono::duration_cast<std::chrono::milliseconds>(outcome.duration).count()}};
    return text_of(body);
}

}  // namespace ferrotunnel::plugins
