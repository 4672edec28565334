#include "doctor/login_checks.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <utility>

#include "doctor/limits.hpp"
#include "ferrotunnel/visit.hpp"
#include "ferrotunnel/words.hpp"
#include "reach.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

using namespace std::chrono_literals;

// What the client reports about its login, on its own thread.
struct LoginStory {
    std::mutex mutex;  // guards the rest
    std::string why{};
};

// A client that changes nothing for others: it replaces no client, offers nothing and has no sockets of its own.
Client::Builder quiet(Client::Builder builder, const std::string& name) {
    builder.name(name.empty() ? "doctor" : name)
        .control(words::off)
        .metrics(words::off)
        .dashboard(words::off)
        .workers(1)
        .connections(1)
        .attempts(1)
        .retry_refused(0ms)
        .identity("")
        .replace(false)
        .linger(0ms)
        .resume(0ms)
        .inspect(false)
        .managed({})
        .visits({})
        .log([](const LogRecord&) {}, LogLevel::off);
    return builder;
}

std::chrono::milliseconds left_until(Deadline deadline) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
}

std::string remedy_for_login(const std::error_code& error) {
    if (error == errc::unauthorized) {
        return "Compare the token with the server's: `ferrotunnel tokens` there lists the ids of its tokens and their "
               "rights, and its log has the id of the refused one. `ferrotunnel login` saves another. Or this is "
               "another server: check its address and port.";
    }
    if (error == errc::tls_failed || error == errc::tls_mismatch) {
        return "Compare --tls, --tls-pin and --tls-ca with the server's settings.";
    }
    if (error == errc::version_mismatch) {
        return "Update the older one of the two.";
    }
    if (error == errc::busy) {
        return "Wait, end another client of this token, or raise the limit that the server names.";
    }
    if (error == errc::timed_out) {
        return "The server accepts the connection but does not respond: see its log.";
    }
    return "See the server's log, which has the reason for each login that it refuses.";
}

// Both ends of the connection through the tunnel.
struct Exchange {
    Socket visitor;
    Socket backend;
};

// Sends `count` bytes from one end to the other, and returns how many arrived in time.
std::size_t carry(const Socket& from, const Socket& to, std::size_t count, Deadline deadline) {
    const std::string data(count, 'x');
    std::size_t sent = 0;
    std::string received;
    while (received.size() < count) {
        const short wanted = sent < count ? POLLOUT : static_cast<short>(0);
        std::array<pollfd, 2> both{{{from.get(), wanted, 0}, {to.get(), POLLIN, 0}}};
        const auto left = left_until(deadline);
        if (left <= 0ms || ::poll(both.data(), both.size(), static_cast<int>(left.count())) <= 0) {
            break;
        }
        if ((both[0].revents & POLLOUT) != 0) {
            const ssize_t some = ::send(from.get(), data.data() + sent, count - sent, MSG_NOSIGNAL);
            sent += some > 0 ? static_cast<std::size_t>(some) : 0;
        }
        if (both[1].revents != 0 && !receive_some(to.get(), received, deadline)) {
            break;
        }
        if ((both[0].revents & (POLLERR | POLLHUP)) != 0) {
            break;
        }
    }
    return received.size();
}

std::optional<Exchange> connect_ends(const std::string& visit_at, const Socket& listener, Deadline deadline) {
    const Resolved at = resolve("127.0.0.1", static_cast<std::uint16_t>(std::stoi(port_of(visit_at))), deadline);
    std::vector<Dialled> dialled = dial(at.addresses, deadline);
    if (dialled.empty() || dialled.front().error || !wait_for(listener.get(), POLLIN, deadline)) {
        return std::nullopt;
    }
    Exchange exchange{std::move(dialled.front().socket),
                      Socket(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC))};
    return exchange.backend ? std::optional(std::move(exchange)) : std::nullopt;
}

// Sends much from one end to the other. Nothing at all arrives where large packets are lost; on a slow path some does.
std::optional<Finding> carry_much(const Socket& from, const Socket& to, Deadline deadline) {
    if (within(exchange_patience, deadline) == deadline) {
        return skipped("Large data was not tried: the time was over.");
    }
    const std::size_t arrived = carry(from, to, exchange_bytes, within(exchange_patience, deadline));
    if (arrived == exchange_bytes) {
        return std::nullopt;
    }
    if (arrived != 0) {
        return warning(fmt::format("The path is slow: {} of {} bytes arrived within {} s.", arrived, exchange_bytes,
                                   exchange_patience / 1s),
                       "If the link should be faster, look for lost packets on the way to the server.");
    }
    return fault(
        fmt::format("Large data is lost on the way: a small exchange through the tunnel succeeds, but of {} "
                    "bytes none arrived within {} s.",
                    exchange_bytes, exchange_patience / 1s),
        "The path MTU is smaller than the network reports (VPN, PPPoE, a firewall that drops ICMP): lower the "
        "MTU on both machines (`ip link set dev INTERFACE mtu 1280`), or `sysctl net.ipv4.tcp_mtu_probing=1`.");
}

// `visitor` is a second client, since a client does not visit itself.
Findings exchange_between(Client& offering, Client& visitor, Deadline deadline) {
    auto [listener, port] = listen_on_loopback();
    const Secret secret = Secret::generate();
    const std::string name = "doctor-" + std::string(Secret::generate().reveal().substr(4, 12));
    Tcp offered = Tcp::private_service(name, "127.0.0.1:" + std::to_string(port));
    offered.key = VisitKey(secret);
    Service service = offering.add(std::move(offered));
    visitor.start();
    if (const std::error_code error = visitor.wait_ready(left_until(within(registration_patience, deadline)))) {
        return {skipped(fmt::format("A second login is not possible: {}.", error.message()))};
    }
    (void)offering.wait_ready(left_until(within(registration_patience, deadline)));
    if (service.state() != Service::State::registered) {
        const std::string why = service.error_text();
        return {skipped(why.empty() ? "The server did not register a private service in time." : why)};
    }
    const std::string at = visitor.visit(Visit(name, "127.0.0.1:0", VisitKey(secret)));
    const Deadline small_end = within(exchange_patience, deadline);
    const auto began = std::chrono::steady_clock::now();
    const auto ends = connect_ends(at, listener, small_end);
    if (!ends || carry(ends->visitor, ends->backend, 1, small_end) != 1 ||
        carry(ends->backend, ends->visitor, 1, small_end) != 1) {
        const std::vector<VisitStats> visits = visitor.visits();
        const std::string why = visits.empty() ? "" : visits.front().why;
        return {warning(
            "Data does not pass through the tunnel: " + as_sentence(why.empty() ? "nothing arrived in time" : why),
            "See the server's log.")};
    }
    const auto took = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    for (const auto& [from, to] :
         {std::pair(&ends->visitor, &ends->backend), std::pair(&ends->backend, &ends->visitor)}) {
        if (auto finding = carry_much(*from, *to, deadline)) {
            return {std::move(*finding)};
        }
    }
    service.close();
    return {good(fmt::format("Small and large data passes through the tunnel and back; the first visit took {} ms.",
                             took.count()))};
}

}  // namespace

Findings check_login(ClientSubject& at, Deadline deadline) {
    const auto story = std::make_shared<LoginStory>();
    Client::Builder builder = quiet(at.builder(), at.section.name);
    builder.on_event([story](const Event& event) {
        if (event.kind == Event::Kind::lost || event.kind == Event::Kind::refused) {
            const std::lock_guard lock(story->mutex);
            story->why = event.text;
        }
    });
    auto client = std::make_shared<Client>(builder.build());
    client->start();
    const std::error_code error = client->wait_ready(left_until(within(login_patience, deadline)));
    if (!error) {
        at.client = std::move(client);
        return {good("The server accepts the token.")};
    }
    client->stop();  // after this, no thread writes to the story
    const std::string text = as_sentence(story->why.empty() ? error.message() : story->why);
    if (error == errc::busy && !at.running.empty()) {
        return {note("Not logged in beside the running client: " + text)};
    }
    return {fault("Not logged in: " + text, remedy_for_login(error))};
}

Findings check_exchange(ClientSubject& at, Deadline deadline) {
    if (!at.client) {
        return {skipped("Not tried without a login.")};
    }
    Client visitor = quiet(at.builder(), at.section.name).build();
    return exchange_between(*at.client, visitor, deadline);
}

}  // namespace ferrotunnel::cli::doctor
