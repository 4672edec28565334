// State that the parts of a ServerSession read, and their way back to its worker.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "buffer/mailbox.hpp"
#include "directory/registry.hpp"
#include "login/external_tokens.hpp"
#include "login/handshake.hpp"
#include "login/token.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::session {

struct ServerShared;

/// Identity of a session's client. The login establishes it, and a resume changes the address.
struct SessionFacts {
    directory::SessionKey key{};
    runtime::SocketAddress peer{};
    login::Agreement agreement{};
    std::string token_name{};
    std::optional<login::TokenId> secret{};  // id of the client's secret; empty until it was proved
    directory::ClientId client{};
    std::shared_ptr<login::ExternalToken> external{};  // null: the token is in the server's table
    /// By what the secret was found: the server's "table" of tokens, a "handler" of the application, or a
    /// "plugin". A literal.
    const char* proved_by = "table";
};

/// State that every part of a session may read. The session outlives its parts, and owns `facts`.
struct SessionContext {
    runtime::Worker& worker;
    const std::shared_ptr<ServerShared> shared;
    const SessionFacts& facts;
};

/// Runs one of several steps: a step that lacks memory is skipped, and the others still run.
template <typename Step>
void attempt(Step step) noexcept {
    try {
        step();
    } catch (const std::exception&) {
    }
}

/// Refers to a step that runs at once. It owns nothing, and so allocates nothing.
class StepRef {
public:
    template <typename Step>
    explicit StepRef(Step& step) noexcept
        : call_([](void* called) { (*static_cast<Step*>(called))(); }), step_(&step) {}
    void operator()() const { call_(step_); }

private:
    void (*call_)(void*);
    void* step_;
};

/// Runs steps of a session's parts on its worker.
class SessionExecutor {
public:
    using Run = std::function<void(StepRef)>;

    /// `keep`: returns a reference that keeps the session, and with it its parts. `run`: runs a step; an exception that
    /// leaves it ends the session.
    SessionExecutor(std::shared_ptr<buffer::Mailbox> mailbox, std::function<std::shared_ptr<void>()> keep, Run run)
        : mailbox_(std::move(mailbox)), keep_(std::move(keep)), run_(std::make_shared<const Run>(std::move(run))) {}

    /// Keeps the session for as long as the result lives.
    std::shared_ptr<void> keep() const { return keep_(); }
    const std::shared_ptr<buffer::Mailbox>& mailbox() const noexcept { return mailbox_; }

    /// A function that any thread may call: it posts `step` with its arguments to the worker. The session lives as long
    /// as the function. It returns false if the worker has stopped.
    template <typename Step>
    auto bind(Step step) const {
        return [mailbox = mailbox_, keep = keep_(), run = run_, step = std::move(step)](auto... arguments) {
            return mailbox->post_call([keep, run, step, arguments...] {
                auto call = [&] { step(arguments...); };
                (*run)(StepRef(call));
            });
        };
    }
    /// Runs `step` here, on the worker.
    template <typename Step>
    void run(Step step) const {
        check_here(*mailbox_);
        (*run_)(StepRef(step));
    }

private:
    std::shared_ptr<buffer::Mailbox> mailbox_;
    std::function<std::shared_ptr<void>()> keep_;
    std::shared_ptr<const Run> run_;
};

}  // namespace ferrotunnel::session
