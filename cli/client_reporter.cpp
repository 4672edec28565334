#include "client_reporter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "printable.hpp"
#include "qr_text.hpp"
#include "reach.hpp"
#include "server_list.hpp"

namespace ferrotunnel::cli {
namespace {

double in_seconds(std::chrono::milliseconds duration) {
    return static_cast<double>(duration.count()) / 1000;
}

std::string reason(const Event& event) {
    return event.text.empty() ? event.error.message() : event.text;
}

// Whether a refusal may pass: what others hold may soon be free, but what the server forbids stays refused.
bool may_pass(const std::error_code& error) {
    return error == errc::port_taken || error == errc::name_taken || error == errc::busy || error == errc::draining ||
           error == errc::internal;
}

}  // namespace

std::optional<ExitCode> ClientReporter::on_event(const Event& event) {
    std::optional<ExitCode> end;
    switch (event.kind) {
        case Event::Kind::connected:
            output_.line(fmt::format("connected to {}", name_of(event.peer)));
            open_ = {{event.peer, {event.connection}}};
            away_.erase(event.peer);
            connected_ = true;
            ever_connected_ = true;
            break;
        case Event::Kind::joined:
            on_joined(event);
            break;
        case Event::Kind::degraded:
            on_degraded(event);
            break;
        case Event::Kind::lost:
            end = on_lost(event);
            break;
        case Event::Kind::reconnecting:
            output_.line(fmt::format("  next attempt in {:.1f} s", in_seconds(event.retry_in)));
            break;
        case Event::Kind::registered:
            on_registered(event);
            break;
        case Event::Kind::unregistered:
            endpoints_.remove_service(event.service);
            refusals_.erase(event.service);
            shown_.erase(event.service);
            break;
        case Event::Kind::unhealthy:
            output_.warning(fmt::format("  {} is unhealthy: {}", event.service, printable(event.text)));
            break;
        case Event::Kind::healthy:
            output_.line(fmt::format("  {} is healthy again", event.service));
            break;
        case Event::Kind::refused:
            end = on_refused(event);
            break;
        case Event::Kind::waiting:
            output_.warning(
                fmt::format("lost connection {}, visitors wait for another one: {}", event.connection, reason(event)));
            break;
        case Event::Kind::resumed:
            output_.line(fmt::format("connection {} is back, and its visitors continue", event.connection));
            break;
        case Event::Kind::draining:
            on_draining(event);
            break;
        case Event::Kind::took_over:
            output_.line(event.error ? fmt::format("no running client to replace: {}", printable(event.text))
                                     : fmt::format("in place: {}", printable(event.text)));
            break;
        case Event::Kind::replaced:
            output_.line(fmt::format("replaced: {}", printable(event.text)));
            break;
        case Event::Kind::reloaded:
        case Event::Kind::kicked:
            break;  // reported to the caller
        case Event::Kind::stopped:
            end = on_stopped(event);
            break;
    }
    if (const std::string fault = endpoints_.publish(); !fault.empty()) {
        output_.warning(fault);
    }
    return end;
}

// A warning that the log has in other words. A quiet output writes it to the error stream, where the log is: once is
// enough there, and a log of JSON stays one.
void ClientReporter::tell(const std::string& text) {
    if (!output_.is_quiet() || !facts_.log_has_all) {
        output_.warning(text);
    }
}

// The server's name as the user knows it.
std::string ClientReporter::name_of(const std::string& peer) const {
    for (const std::string& server : facts_.servers) {
        if (peer == server || peer == server + ":7835") {
            return server;
        }
    }
    return peer.empty() ? servers_text(facts_.servers) : printable(peer);
}

void ClientReporter::on_joined(const Event& event) {
    away_.erase(event.peer);
    for (auto& [server, connections] : open_) {
        connections.erase(event.connection);  // it may have been at another server, which has drained
    }
    std::erase_if(open_, [](const auto& server) { return server.second.empty(); });
    std::set<unsigned>& of_server = open_[event.peer];
    of_server.insert(event.connection);
    if (of_server.size() == 1 && open_.size() > 1) {
        output_.line(fmt::format("connected to {}, too", name_of(event.peer)));
    }
    const bool has_all =
        std::ranges::all_of(open_, [this](const auto& server) { return server.second.size() == facts_.connections; });
    if (has_all && (facts_.reports_connections || has_degraded_)) {
        output_.line(fmt::format("  all {} connections are up", event.connections));
    }
}

void ClientReporter::on_draining(const Event& event) {
    if (!event.peer.empty()) {
        output_.warning(fmt::format("{} is going away: no new visitors, the present ones may finish",
                                    open_.size() > 1 ? name_of(event.peer) : "the server"));
    }
}

void ClientReporter::on_degraded(const Event& event) {
    has_degraded_ = true;
    if (open_.size() == 1 && open_.begin()->first == event.peer) {  // the only server
        open_.begin()->second.erase(event.connection);
        tell(fmt::format("lost connection {} of {}: {}; next attempt in {:.1f} s", event.connection, facts_.connections,
                         reason(event), in_seconds(event.retry_in)));
        return;
    }
    const auto server = open_.find(event.peer);
    const bool was_open = server != open_.end() && server->second.erase(event.connection) != 0;
    if (was_open && !server->second.empty()) {
        tell(fmt::format("lost a connection to {}: {}; next attempt in {:.1f} s", name_of(event.peer), reason(event),
                         in_seconds(event.retry_in)));
        return;
    }
    if (server != open_.end()) {
        open_.erase(server);
    }
    if (away_.insert(event.peer).second) {  // each attempt that fails is reported by the log
        tell(fmt::format("{} {}: {}; the client stays connected to {}",
                         was_open ? "lost the connection to" : "not connected to", name_of(event.peer), reason(event),
                         other_servers()));
    }
}

std::string ClientReporter::other_servers() const {
    std::vector<std::string> servers;
    for (const auto& [server, connections] : open_) {
        servers.push_back(name_of(server));
    }
    return servers_text(servers);
}

// Ends a client that has never logged in, and whose user watches, when its token or version is rejected. The library
// retries in case the peer is not the server, but a mistyped token is more likely.
std::optional<ExitCode> ClientReporter::on_lost(const Event& event) {
    open_.clear();
    tell(connected_ ? fmt::format("lost the connection to {}: {}", name_of(event.peer), reason(event))
                    : fmt::format("not connected: {}", reason(event)));
    if (!ever_connected_ && !std::exchange(has_pointed_out_, true)) {
        output_.warning(fmt::format("  `{}` finds out why", facts_.doctor));
    }
    connected_ = false;
    for (const auto& [name, offered] : facts_.offered) {
        endpoints_.remove_service(name);
    }
    const bool refused = event.error == errc::unauthorized || event.error == errc::version_mismatch;
    return refused && !ever_connected_ && !facts_.retries_refused ? on_stopped(event) : std::nullopt;
}

void ClientReporter::on_registered(const Event& event) {
    const auto found = facts_.offered.find(event.service);
    ever_registered_ = true;
    refusals_.erase(event.service);
    endpoints_.remove_service(event.service);
    endpoints_.add_service(event.service, event.endpoint);
    const std::string url = as_url(event.endpoint);
    output_.line(fmt::format("  {} -> {}", url, found == facts_.offered.end() ? event.service : found->second.local));
    if (!event.text.empty()) {
        output_.warning(fmt::format("service {}: {}", event.service, event.text));
    }
    if (std::exchange(shown_[event.service], url) == url) {
        return;  // a new connection alone
    }
    if (url.find("://") != std::string::npos) {  // otherwise it is private
        output_.result(url);
    }
    if (facts_.shows_qr && url.starts_with("http")) {
        show_qr(url);
    }
}

void ClientReporter::show_qr(const std::string& url) {
    for (const std::string& line : qr_text(url)) {
        output_.line("  " + line);
    }
}

// Ends a client whose services were all rejected from the start, for permanent reasons: its set-up is wrong. Later
// refusals may pass, and the library retries.
std::optional<ExitCode> ClientReporter::on_refused(const Event& event) {
    if (event.service.empty()) {
        output_.warning(fmt::format("refused by {}: {}", name_of(event.peer), reason(event)));
        return std::nullopt;
    }
    endpoints_.remove_service(event.service);
    Refusal& refusal = refusals_[event.service];
    ++refusal.times;
    refusal.may_pass = may_pass(event.error);
    const bool ends = !ever_registered_ && has_no_services_left();
    if (std::string why = reason(event); refusal.last_reason != why) {
        tell(fmt::format("  refused: {}: {}{}", event.service, why,
                         !ends && will_retry(refusal) ? " Trying again." : ""));
        refusal.last_reason = std::move(why);
    }
    if (!ends) {
        return std::nullopt;
    }
    output_.warning("ended: no service is left to offer");
    return ExitCode::refused;
}

// The library retries in any case; this decides whether the program waits for it.
bool ClientReporter::will_retry(const Refusal& refusal) const {
    return refusal.may_pass || facts_.retries_refused;
}

bool ClientReporter::has_no_services_left() const {
    return std::all_of(facts_.offered.begin(), facts_.offered.end(), [this](const auto& entry) {
        if (entry.second.service.state() == Service::State::disabled) {
            return true;
        }
        const auto refusal = refusals_.find(entry.first);
        return refusal != refusals_.end() && entry.second.service.state() == Service::State::refused &&
               (!will_retry(refusal->second) || (facts_.attempts != 0 && refusal->second.times >= facts_.attempts));
    });
}

std::optional<ExitCode> ClientReporter::on_stopped(const Event& event) {
    if (!event.error) {
        return std::nullopt;  // our own stop()
    }
    if (event.error == errc::superseded) {
        output_.warning("ended: another client replaced this one");
        return ExitCode::superseded;
    }
    if (event.error == errc::unauthorized) {
        output_.warning("ended: the token was not accepted");
        return ExitCode::refused;
    }
    output_.warning(fmt::format("ended: {}", reason(event)));
    return ExitCode::lost;
}

}  // namespace ferrotunnel::cli
