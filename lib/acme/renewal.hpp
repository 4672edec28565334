// When a certificate is renewed, and when a failed order is repeated.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "acme/issued_chain.hpp"
#include "acme/problem.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace ferrotunnel::acme {

/// The window that a CA suggests (RFC 9773, 4.2).
struct RenewalWindow {
    WallTime start{};
    WallTime end{};
    std::string explanation{};  // URL; may be empty
};

/// Parses renewalInfo. An error for a window whose end is not after its start.
Result<RenewalWindow, std::string> read_renewal_window(std::string_view body);

/// The URL to request the window of this certificate.
std::string renewal_url(std::string_view renewal_info, std::string_view renewal_id);

/// When to renew: a random moment in the window, at once if that has passed; without a window when a third of the
/// lifetime is left. Never later than a tenth of the lifetime before the end, and with a window never in its first
/// tenth, or six hours if that is less; a window that ends in that time is ignored.
WallTime renewal_time(const IssuedChain& chain, const std::optional<RenewalWindow>& window, Random& random);

/// When to ask for the window again: the CA's Retry-After between a minute and a day; 6 hours without one. At least
/// three times in a short lifetime.
std::chrono::seconds next_window_request(const IssuedChain& chain, std::optional<std::chrono::seconds> retry_after);

/// How long to wait after the nth failure in a row (1 is the first): 1, 2, 2, 5, 10, 10, 10, 20, 20, 20, 20 minutes,
/// then twice as long each time up to 6 hours, and up to a tenth more at random; at least the CA's Retry-After, which
/// counts up to limits::retry_after_max.
std::chrono::seconds retry_delay(unsigned failures, std::optional<std::chrono::seconds> retry_after, Random& random);

/// The same after this problem. What does not mend itself, `refused` and `wrong_chain`, is repeated after an hour at
/// the earliest.
std::chrono::seconds retry_delay(const Problem& problem, unsigned failures, Random& random);

}  // namespace ferrotunnel::acme
