// Lets an HTTP endpoint decide on clients, services and visitors of TCP and TLS. See plugins/hooks/README.md.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "common/share_keys.hpp"
#include "ferrotunnel/plugin.hpp"
#include "hooks/close_queue.hpp"
#include "hooks/endpoint.hpp"
#include "hooks/endpoint_decision.hpp"
#include "hooks/event.hpp"
#include "hooks/login_table.hpp"

namespace ferrotunnel::plugins {

class Hooks final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "hooks",
        .version = "1.0",
        .summary = "lets an HTTP endpoint decide on clients, services and TCP visitors",
        .schema = R"({
            "type": "object",
            "required": ["url", "events"],
            "properties": {
                "url": {"type": "string", "minLength": 1, "description": "URL of the endpoint, requested with POST."},
                "events": {"type": "array", "minItems": 1,
                           "items": {"type": "string",
                                     "enum": ["login", "register", "connect", "close", "authenticate"]},
                           "description": "Events to send; close needs no decision."},
                "timeout": {"type": "string", "format": "duration", "formatMinimum": "10ms", "formatMaximum": "5m",
                            "default": "2s", "description": "Time limit for a decision, within the server's limit."},
                "headers": {"type": "object", "default": {},
                            "additionalProperties": {"type": "string", "format": "secret"},
                            "description": "Fields sent with each request, such as Authorization."},
                "secrets": {"type": ["string", "array"], "items": {"type": "string", "format": "secret"},
                            "maxItems": 4, "default": [],
                            "description": "Keys of X-FerroTunnel-Signature, each of 16 bytes or more."},
                "ca_file": {"type": "string", "format": "file",
                            "description": "Trusted CA certificates. Default: the system's."},
                "connections": {"type": "integer", "minimum": 2, "maximum": 256, "default": 16,
                                "description": "Maximum number of concurrent requests to the endpoint."},
                "queue": {"type": "integer", "minimum": 0, "maximum": 4096, "default": 256,
                          "description": "Maximum number of further decisions that may wait."},
                "close_queue": {"type": "integer", "minimum": 1, "maximum": 65536, "default": 1024,
                                "description": "Maximum number of close events that may wait."},
                "login_window": {"type": "string", "format": "duration", "formatMaximum": "1m", "default": "2s",
                                 "description": "How long an accepted login covers the client's other connections."},
                "token_cache": {"type": "string", "format": "duration", "formatMaximum": "24h", "default": "1m",
                                "description": "How long later logins with a token are accepted without a request."},
                "token_stale": {"type": "string", "format": "duration", "formatMaximum": "24h", "default": "1h",
                                "description": "How much longer they are accepted if the endpoint does not decide."}
            }
        })",
        .guard = true,
        .fetches = true};

    /// Reports every value that cannot be used, with its place.
    static void check(const plugin::Settings& settings);
    explicit Hooks(const plugin::Settings& settings);
    ~Hooks() override { endpoint_.stop(); }  // before the other members are destroyed, which the endpoint's thread uses
    Hooks(const Hooks&) = delete;
    Hooks& operator=(const Hooks&) = delete;

    void stop() override;
    plugin::Decision on_login(plugin::Login& login) override;
    plugin::Decision on_register(plugin::Registration& wanted) override;
    plugin::Decision on_connect(plugin::Visitor& visit) override;
    void on_visit_close(plugin::Visitor& visit, const plugin::VisitOutcome& outcome) override;
    void on_token(const plugin::TokenQuery& query, plugin::TokenReply reply) override;

private:
    bool wants(Event event) const noexcept { return wanted_[static_cast<std::size_t>(event)]; }
    /// The share of an event: by token, and within it by the network of the client or visitor.
    template <typename Subject>
    Share share_of(Event event, const Subject& subject) const {
        return shares_.of(name_of(event), subject.token(), subject.address());
    }
    void ask_login(Share share, plugin::LaterOf<plugin::Login> later, const std::string& key, const std::string& body);
    template <typename Subject>
    void ask_about(Share share, Event event, const std::string& body, plugin::LaterOf<Subject> later);
    /// Applies the decision's hosts, limits and notes to the subject.
    template <typename Subject>
    plugin::Decision amended(Subject& subject, const EndpointDecision& decision);
    plugin::Decision decided(plugin::Login& login, const EndpointDecision& decision);
    plugin::Decision decided(plugin::Registration& wanted, const EndpointDecision& decision);
    plugin::Decision decided(plugin::Visitor& visit, const EndpointDecision& decision);

    EventIds ids_;
    const ShareKeys shares_;
    std::array<bool, event_count> wanted_{};
    const std::chrono::milliseconds token_cache_;
    const std::chrono::milliseconds token_stale_;
    LoginTable logins_;
    Endpoint endpoint_;
    CloseQueue closes_;
};

}  // namespace ferrotunnel::plugins
