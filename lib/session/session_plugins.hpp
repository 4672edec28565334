// A session's calls of plugins: for its login, for the services that its client registers, and for visitors of TCP and
// TLS.
//
//   token proved --call_login_plugins--> admission    registration --take--> pending, or another trunk's --> registered
//                    '--> refused                                        '--> refused
//   A registration that requests plugins waits again, until these are created.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "session/plugin_call.hpp"
#include "session/registration_table.hpp"
#include "session/server_shared.hpp"
#include "session/session_context.hpp"
#include "session/session_service.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker. Exists only if the server has plugins.
class SessionPlugins {
public:
    /// Callbacks into the session for the answers.
    struct Needs {
        std::function<bool()> in_login;  // false if the login is over, or has failed
        std::function<void()> admit;
        std::function<void(const directory::Refusal&)> refuse_login;
        /// Reads the hosts of a service in normal form.
        std::function<std::optional<directory::Refusal>(const wire::Service&, directory::HttpDescription&)> read_hosts;
        std::function<std::optional<directory::Refusal>(const wire::Service&)> check_service;
        std::function<void(std::uint32_t request, const wire::Service&)> register_checked;
        std::function<void(const wire::Service&, const directory::Refusal&)> refuse_service;
    };

    SessionPlugins(const SessionContext& at, const SessionExecutor& executor, Needs needs);
    ~SessionPlugins() { give_up(); }
    SessionPlugins(const SessionPlugins&) = delete;
    SessionPlugins& operator=(const SessionPlugins&) = delete;

    /// The client's address has changed.
    void moved() noexcept { client_.reset(); }

    /// The token is proved: the admission follows, or the refusal.
    void call_login_plugins(const login::Agreement& agreed, const std::string& token_name);

    /// Handles a registration that the session accepts. Returns false if no plugin decides about it.
    bool take(std::uint32_t request, const wire::Service& description);
    bool is_pending(std::uint32_t id) const { return pending_.contains(id); }
    std::size_t pending_count() const noexcept { return pending_.size(); }
    /// Bytes of the plugin requests in registrations that wait for a decision.
    std::size_t pending_bytes() const;
    /// The service is registered, with what the server has assigned.
    void confirmed(std::uint32_t id, const wire::RegisteredService& registered);
    /// The client no longer wants the service.
    void forget(std::uint32_t id);
    /// This trunk does not have it, or could not register it.
    void left(std::uint32_t id);
    void left_all() noexcept;
    /// The plugins that the client has requested for the service; null if none.
    hooks::SharedRequestedPlugins requested_plugins_of(std::uint32_t id) const;
    /// Notes about the service; null if none.
    hooks::SharedNotes notes_of(std::uint32_t id) const;

    bool wants_visitors() const noexcept { return hooks_->wants(hooks::SessionPhase::connect); }
    hooks::Subject about_visitors_of(const SessionService& service);
    hooks::SessionHooks& hooks() const noexcept { return *hooks_; }

    /// The trunk ends: no plugin is called any more, and decisions are left to other trunks.
    void give_up() noexcept;

private:
    /// A registration that awaits a decision by plugins, on this or another trunk.
    struct PendingRegistration {
        std::uint32_t request = 0;
        std::uint64_t serial = 0;  // the id may be used again while a notification is in flight
        wire::Service description;
        std::shared_ptr<const hooks::ServiceFacts> facts;
        RegistrationTable::Key key;
        std::unique_ptr<PluginCall> call;  // null: another trunk calls them
        hooks::Amendments amendments{};    // by the operator's plugins, while those of the client are created
    };
    /// An accepted service.
    struct Accepted {
        RegistrationTable::Key key;
        hooks::SharedNotes notes;
        hooks::SharedRequestedPlugins asked;
        std::optional<wire::Service> asked_for;  // until it is registered
    };

    RegistrationTable& table() const noexcept { return *at_.shared->registrations; }
    std::optional<directory::Refusal> describe(const wire::Service& description, hooks::ServiceFacts& facts) const;
    void login_decided(hooks::Step step);
    void advance(std::uint32_t id);
    void advance_if(std::uint32_t id, std::uint64_t serial);
    void decided(std::uint32_t id, hooks::Step step);
    void make_requested(PendingRegistration& registration);
    void on_plugins_made(std::uint32_t id, std::uint64_t serial,
                         Result<hooks::SharedRequestedPlugins, hooks::PluginRequestRefusal> made);
    void accept(PendingRegistration registration);
    void accepted(PendingRegistration registration, const RegistrationTable::Decision& decision);
    std::shared_ptr<const hooks::ClientFacts> client();
    std::shared_ptr<const hooks::ClientFacts> client_of(const login::Agreement& agreed,
                                                        const std::string& token_name) const;

    const SessionContext& at_;
    const SessionExecutor& executor_;
    const Needs needs_;
    const std::shared_ptr<hooks::SessionHooks> hooks_;
    std::shared_ptr<const hooks::ClientFacts> client_;
    hooks::SharedNotes login_notes_;
    std::unique_ptr<PluginCall> login_;
    std::uint64_t serials_ = 0;
    std::map<std::uint32_t, PendingRegistration> pending_;
    std::map<std::uint32_t, Accepted> accepted_;
    std::map<std::uint32_t, std::shared_ptr<const hooks::ServiceFacts>> visited_;
};

/// The refusal sent to a client when plugins reject.
directory::Refusal refusal_by_plugin(const hooks::SessionRefusal& refusal);

/// Logs a rejection by a plugin, within limits.
void log_plugin_refusal(Logger& log, TimePoint now, std::string_view what, const hooks::SessionRefusal& refusal,
                        const std::string& from, std::string_view service);

}  // namespace ferrotunnel::session
