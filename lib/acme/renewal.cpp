#include "acme/renewal.hpp"

#include <algorithm>
#include <array>

#include "acme/directory.hpp"
#include "acme/json_fields.hpp"
#include "acme/limits.hpp"
#include "acme/rfc3339.hpp"

namespace ferrotunnel::acme {

namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds window_request_min = minutes(1);
constexpr seconds window_request_max = hours(24);
constexpr seconds window_request_usual = hours(6);
// Of the lifetime: what is left at a renewal without a window; what is left at the latest; between two requests for
// the window at most, so that there are three before a third is left.
constexpr int usual_part = 3;
constexpr int last_part = 10;
constexpr int window_request_part = 5;

// A window that begins in this part of the lifetime, or in these hours, begins later: a CA whose windows are always in
// the past does not cause one order after the other.
constexpr int young_part = 10;
constexpr seconds young_max = hours(6);

constexpr std::array first_delays{minutes(1),  minutes(2),  minutes(2),  minutes(5),  minutes(10), minutes(10),
                                  minutes(10), minutes(20), minutes(20), minutes(20), minutes(20)};
constexpr seconds delay_max = hours(6);
constexpr int random_part = 10;
constexpr seconds lasting_delay_min = hours(1);

// Counted in seconds: a certificate may be valid for longer than a count of nanoseconds can be.
seconds lifetime_of(const IssuedChain& chain) {
    const auto second_of = [](WallTime time) { return duration_cast<seconds>(time.time_since_epoch()); };
    return std::max(second_of(chain.not_after) - second_of(chain.not_before), seconds(0));
}

seconds usual_delay(unsigned failures) {
    const std::size_t at = failures == 0 ? 0 : failures - 1;
    if (at < first_delays.size()) {
        return first_delays[at];
    }
    seconds delay = first_delays.back();
    for (std::size_t doubled = first_delays.size(); doubled <= at && delay < delay_max; ++doubled) {
        delay *= 2;
    }
    return std::min(delay, delay_max);
}

seconds random_up_to(seconds most, Random& random) {
    return seconds(static_cast<seconds::rep>(random.below(static_cast<std::uint64_t>(most.count()) + 1)));
}

}  // namespace

Result<RenewalWindow, std::string> read_renewal_window(std::string_view body) {
    const std::optional<nlohmann::json> json = read_json_object(body);
    if (!json) {
        return std::string("is not a JSON object");
    }
    const nlohmann::json& window = member_of(*json, "suggestedWindow");
    const std::optional<WallTime> start = read_rfc3339(text_of(window, "start"));
    const std::optional<WallTime> end = read_rfc3339(text_of(window, "end"));
    if (!start || !end) {
        return std::string("has no suggestedWindow with two times");
    }
    if (*end <= *start) {
        return std::string("has a suggestedWindow whose end is not after its start");
    }
    const std::string explanation = text_of(*json, "explanationURL");
    return RenewalWindow{*start, *end, is_ca_url(explanation) ? explanation : std::string()};
}

std::string renewal_url(std::string_view renewal_info, std::string_view renewal_id) {
    std::string url(renewal_info);
    url += url.ends_with('/') ? "" : "/";
    return url += renewal_id;
}

WallTime renewal_time(const IssuedChain& chain, const std::optional<RenewalWindow>& window, Random& random) {
    const seconds lifetime = lifetime_of(chain);
    const WallTime latest = chain.not_after - lifetime / last_part;
    const WallTime earliest = chain.not_before + std::min(lifetime / young_part, young_max);
    if (!window || window->end <= earliest) {
        return chain.not_after - lifetime / usual_part;
    }
    const WallTime start = std::max(window->start, earliest);
    return std::min(start + random_up_to(duration_cast<seconds>(window->end - start), random), latest);
}

seconds next_window_request(const IssuedChain& chain, std::optional<seconds> retry_after) {
    const seconds wanted =
        retry_after ? std::clamp(*retry_after, window_request_min, window_request_max) : window_request_usual;
    return std::clamp(lifetime_of(chain) / window_request_part, seconds(1), wanted);
}

seconds retry_delay(unsigned failures, std::optional<seconds> retry_after, Random& random) {
    const seconds delay = usual_delay(failures);
    const seconds wanted = delay + random_up_to(delay / random_part, random);
    return retry_after ? std::max(wanted, std::min(*retry_after, seconds(limits::retry_after_max))) : wanted;
}

seconds retry_delay(const Problem& problem, unsigned failures, Random& random) {
    const bool is_lasting = problem.kind == Problem::Kind::refused || problem.kind == Problem::Kind::wrong_chain;
    return std::max(retry_delay(failures, problem.retry_after, random), is_lasting ? lasting_delay_min : seconds(0));
}

}  // namespace ferrotunnel::acme
