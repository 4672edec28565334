// Dials one link to a member, and again whenever it is lost, forever; or calls it, once for each address. Lives on the
// link's worker.
//
//   waiting --timer--> connecting --TCP--> proving --hellos--> open --lost, or retired--> waiting
//      ^________________ failed _______________'
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "peers/link.hpp"
#include "runtime/connector.hpp"
#include "runtime/timer.hpp"
#include "session/backoff.hpp"

namespace ferrotunnel::peers {

class LinkDialler : public std::enable_shared_from_this<LinkDialler> {
public:
    struct Settings {
        std::string peer;  // the member
        net::HostPort address;
        LinkKind kind;
    };
    struct Needs {
        const LinkContext& context;
        runtime::Worker& worker;
        /// The present context for TLS. Null: the member was forgotten, and stop() follows, or a call cannot be made.
        /// Thread-safe.
        std::function<std::shared_ptr<transport::TlsContext>()> tls;
        /// Before the link starts. False: no link is wanted any more.
        std::function<bool(const std::shared_ptr<Link>&)> made;
        std::function<void(const std::string& why)> failed;  // there was no TCP connection
        std::function<bool()> is_wanted;                     // before each attempt
    };
    LinkDialler(Settings settings, Needs needs);

    runtime::Worker& worker() const noexcept { return needs_.worker; }

    // On the worker.
    void start();
    /// From the next attempt on, which follows at once, or a second after the last one, unless a link is open.
    void set_address(const net::HostPort& address);
    /// The member has called, or is linked: it can be reached. This link is dialled soon, unless it is open or being
    /// dialled.
    void on_reached();
    /// Dials no more; a link that is open stays.
    void stop() noexcept;
    /// The link of this dialler, or another one, has ended or accepts no new streams.
    void on_link_gone(const Link& link, bool was_open);

private:
    void connect() noexcept;
    void connected(std::error_code error, runtime::Fd socket);
    void use(runtime::Fd socket);
    void retry();
    void dial_by(TimePoint when) noexcept;

    Settings settings_;
    const Needs needs_;
    session::Backoff backoff_;
    std::optional<runtime::Timer> timer_;
    std::optional<runtime::Connector> connector_;
    std::weak_ptr<Link> link_;
    TimePoint began_{};
    TimePoint attempted_{};
    bool stopped_ = false;
};

}  // namespace ferrotunnel::peers
