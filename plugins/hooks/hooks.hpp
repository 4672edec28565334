// Asks an HTTP endpoint about clients, services and visitors of TCP and TLS. plugins/hooks/README.md has the settings.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "common/share_keys.hpp"
#include "ferrotunnel/plugin.hpp"
#include "hooks/close_queue.hpp"
#include "hooks/endpoint.hpp"
#include "hooks/event.hpp"
#include "hooks/login_table.hpp"
#include "hooks/verdict.hpp"

namespace ferrotunnel::plugins {

class Hooks final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "hooks",
        .version = "1.0",
        .summary = "asks an HTTP endpoint about clients, services and visitors of TCP",
        .schema = R"({
            "type": "object",
            "required": ["url", "events"],
            "properties": {
                "url": {"type": "string", "minLength": 1, "description": "What is asked, with POST."},
                "events": {"type": "array", "minItems": 1,
                           "items": {"type": "string", "enum": ["login", "register", "connect", "close"]},
                           "description": "What it is asked about; close is only told."},
                "timeout": {"type": "string", "format": "duration", "formatMinimum": "10ms", "formatMaximum": "5m",
                            "default": "2s", "description": "How long a decision may take, within the server's wait."},
                "headers": {"type": "object", "default": {},
                            "additionalProperties": {"type": "string", "format": "secret"},
                            "description": "Fields of each request, such as Authorization."},
                "secrets": {"type": ["string", "array"], "items": {"type": "string", "format": "secret"},
                            "maxItems": 4, "default": [],
                            "description": "Keys of X-FerroTunnel-Signature, of 16 bytes or more."},
                "ca_file": {"type": "string", "format": "file",
                            "description": "Certificates that the endpoint may have; else the system's."},
                "connections": {"type": "integer", "minimum": 2, "maximum": 256, "default": 16,
                                "description": "How many are asked at once."},
                "queue": {"type": "integer", "minimum": 0, "maximum": 4096, "default": 256,
                          "description": "How many decisions may wait for that."},
                "close_queue": {"type": "integer", "minimum": 1, "maximum": 65536, "default": 1024,
                                "description": "How many close events may wait."},
                "login_window": {"type": "string", "format": "duration", "formatMaximum": "1m", "default": "2s",
                                 "description": "How long an accepted login counts for the client's other trunks."}
            }
        })",
        .guard = true,
        .fetches = true};

    /// Reports every value that cannot be used, with its place.
    static void check(const plugin::Settings& settings);
    explicit Hooks(const plugin::Settings& settings);
    ~Hooks() override { endpoint_.stop(); }  // its thread uses the rest
    Hooks(const Hooks&) = delete;
    Hooks& operator=(const Hooks&) = delete;

    void stop() override;
    plugin::Decision on_login(plugin::Login& login) override;
    plugin::Decision on_register(plugin::Registration& wanted) override;
    plugin::Decision on_connect(plugin::Visit& visit) override;
    void on_visit_close(plugin::Visit& visit, const plugin::VisitOutcome& outcome) override;

private:
    bool wants(Event event) const noexcept { return wanted_[static_cast<std::size_t>(event)]; }
    /// Of an event: the token's, and within it the network's that the client or visitor comes from.
    template <typename Subject>
    Share share_of(Event event, const Subject& subject) const {
        return shares_.of(name_of(event), subject.token(), subject.address());
    }
    void ask_login(Share share, plugin::LaterOf<plugin::Login> later, const std::string& key, const std::string& body);
    template <typename Subject>
    void ask_about(Share share, Event event, const std::string& body, plugin::LaterOf<Subject> later);
    /// What the verdict means for the subject, with the hosts, limits and notes that it has.
    template <typename Subject>
    plugin::Decision amended(Subject& subject, const Verdict& verdict);
    plugin::Decision decided(plugin::Login& login, const Verdict& verdict);
    plugin::Decision decided(plugin::Registration& wanted, const Verdict& verdict);
    plugin::Decision decided(plugin::Visit& visit, const Verdict& verdict);

    EventIds ids_;
    const ShareKeys shares_;
    std::array<bool, 4> wanted_{};
    LoginTable logins_;
    Endpoint endpoint_;
    CloseQueue closes_;
};

}  // namespace ferrotunnel::plugins
