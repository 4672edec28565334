#include "issuance/self_check.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <utility>

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "exits/destinations.hpp"
#include "issuance/limits.hpp"
#include "net/ip_network.hpp"
#include "runtime/address.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::issuance {
namespace {

using Verdict = SelfCheckResult::Verdict;

constexpr std::size_t answer_max = 1'024;
constexpr std::size_t server_text_max = 60;

// Multicast and broadcast, to which a socket can be bound as well.
bool is_of_many(const net::Address& address) noexcept {
    constexpr std::uint8_t first_of_ipv4 = 224;
    constexpr std::uint8_t first_of_ipv6 = 0xFF;
    return address.family == 4 ? address.bytes[0] >= first_of_ipv4 : address.bytes[0] == first_of_ipv6;
}

// Only an address of this machine can be bound to.
bool is_of_this_machine(std::string_view ip) noexcept {
    const auto address = runtime::SocketAddress::from_ip(ip, 0);
    if (!address || address->is_unspecified()) {
        return false;
    }
    const runtime::Fd socket(::socket(address->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return socket && ::bind(socket.get(), address->raw(), address->raw_size()) == 0;
}

std::string status_text(const fetch::Response& response) {
    std::string text = "answers with status " + std::to_string(response.status);
    const std::string_view server = response.field("Server");
    return server.empty() ? text : text + " (Server: " + printable(server, server_text_max) + ")";
}

}  // namespace

bool may_request_for_stranger(std::string_view address) noexcept {
    const auto parsed = net::parse_ip(address);
    if (parsed && exits::is_public(*parsed)) {
        return true;
    }
    if (!parsed || is_of_many(net::unmapped(*parsed))) {
        return false;
    }
    return is_of_this_machine(address);
}

SelfCheck::SelfCheck(Needs needs, Target target, Done done)
    : needs_(needs),
      target_(std::move(target)),
      done_(std::move(done)),
      timer_(needs_.network.worker, [this] { finish(); }),
      settling_(needs_.network.worker, [this] { look_up(); }),
      self_(std::make_shared<SelfCheck*>(this)) {
    std::array<std::uint8_t, 32> drawn{};
    needs_.random.fill(drawn);
    published_.way = acme::Way::http_01;
    published_.identifier = target_.name;
    published_.token = encode_base64url(Bytes(drawn).subspan(0, 16));
    published_.key_authorization = published_.token + "." + encode_base64url(Bytes(drawn).subspan(16));
    fault_ = needs_.challenges.publish(published_);
    if (!fault_.empty()) {
        timer_.set_after(Duration::zero());
        return;
    }
    if (const Duration time = needs_.challenges.settling(); time > Duration::zero()) {
        settling_.set_after(time);
    } else {
        look_up();
    }
}

void SelfCheck::look_up() {
    needs_.dns.addresses(target_.name.value, [self = self_](const DnsAnswer& answer) {
        if (*self != nullptr) {
            (*self)->have_addresses(answer);
        }
    });
}

SelfCheck::~SelfCheck() {
    *self_ = nullptr;
    needs_.challenges.withdraw(published_);
}

void SelfCheck::have_addresses(const DnsAnswer& answer) {
    if (answer.values.empty()) {
        report(answer.error.empty() ? SelfCheckResult{Verdict::no_address, "DNS has no address for it"}
                                    : SelfCheckResult{Verdict::unresolved, answer.error});
        return;
    }
    checks_.resize(std::min(answer.values.size(), limits::addresses_max));
    timer_.set_after(target_.time);
    for (std::size_t i = 0; i < checks_.size(); ++i) {
        checks_[i].address = answer.values[i];
        request(checks_[i]);
    }
    if (running_ == 0) {
        timer_.set_after(Duration::zero());
    }
}

void SelfCheck::request(AddressCheck& check) {
    if (target_.is_of_stranger && !may_request_for_stranger(check.address)) {
        check.verdict = Verdict::elsewhere;
        check.detail = "is not a public address";
        return;
    }
    const bool is_ipv6 = target_.name.value.find(':') != std::string::npos;
    const std::string host = is_ipv6 ? "[" + target_.name.value + "]" : target_.name.value;
    fetch::Request request;
    request.to = {
        nullptr, {check.address, target_.port}, target_.port == 80 ? host : host + ":" + std::to_string(target_.port)};
    request.path = "/.well-known/acme-challenge/" + published_.token;
    fetch::Bounds bounds;
    bounds.time = target_.time;
    bounds.body_max = answer_max;
    ++running_;
    check.fetch =
        std::make_unique<fetch::Fetch>(needs_.network.worker, nullptr, std::move(request), bounds,
                                       [this, &check](fetch::Response& response) { received(check, response); });
}

void SelfCheck::received(AddressCheck& check, const fetch::Response& response) {
    const auto ended = std::move(check.fetch);
    if (response.status == 0) {
        check.verdict = Verdict::unreachable;
        check.detail = response.error;
    } else if (response.status == 200 && response.error.empty() && response.body == published_.key_authorization) {
        check.verdict = Verdict::here;
        check.detail = "is this server";
    } else if (response.status >= 300 && response.status < 400) {  // a CA follows it, and may arrive here
        check.verdict = Verdict::unreachable;
        check.detail = status_text(response) + ", a redirect";
    } else {
        check.verdict = is_of_this_machine(check.address) ? Verdict::occupied : Verdict::elsewhere;
        check.detail = status_text(response);
    }
    if (--running_ == 0) {
        timer_.set_after(Duration::zero());
    }
}

void SelfCheck::finish() {
    SelfCheckResult result;
    if (!fault_.empty()) {
        result.detail = fault_;
    }
    for (const AddressCheck& check : checks_) {
        const std::string detail = check.detail.empty() ? "does not respond" : check.detail;
        result.detail += (result.detail.empty() ? "" : "; ") + check.address + " " + printable(detail, 200);
    }
    const auto has = [this](Verdict verdict) {
        return std::any_of(checks_.begin(), checks_.end(),
                           [verdict](const AddressCheck& check) { return check.verdict == verdict; });
    };
    result.verdict = has(Verdict::elsewhere)  ? Verdict::elsewhere
                     : has(Verdict::occupied) ? Verdict::occupied
                     : has(Verdict::here)     ? Verdict::here
                                              : Verdict::unreachable;
    report(std::move(result));
}

void SelfCheck::report(SelfCheckResult result) {
    timer_.cancel();
    for (AddressCheck& check : checks_) {
        check.fetch.reset();  // whose end would report again
    }
    const Done done = std::move(done_);
    done(result);
}

}  // namespace ferrotunnel::issuance
