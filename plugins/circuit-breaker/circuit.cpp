#include "circuit-breaker/circuit.hpp"

#include <algorithm>

namespace ferrotunnel::plugins {
namespace {

// A word of counts: 24 bits for the slice's number, 20 for requests, 20 for failures.
constexpr unsigned count_bits = 20;
constexpr std::uint64_t count_max = (std::uint64_t{1} << count_bits) - 1;
constexpr std::uint64_t number_mask = (std::uint64_t{1} << 24) - 1;

constexpr std::uint64_t number_of(std::uint64_t word) noexcept {
    return word >> (2 * count_bits);
}
constexpr std::uint64_t requests_of(std::uint64_t word) noexcept {
    return word >> count_bits & count_max;
}
constexpr std::uint64_t failures_of(std::uint64_t word) noexcept {
    return word & count_max;
}

}  // namespace

Circuit::Admission Circuit::enter(Time now) noexcept {
    constexpr Time while_probing = std::chrono::seconds(1);
    std::int64_t state = state_.load();
    if (state == closed) {
        inside_.fetch_add(1);
        return {Entry::passes, Time(0)};
    }
    if (state == half_open) {
        return {Entry::refused, while_probing};
    }
    if (now.count() < state) {
        return {Entry::refused, Time(state) - now};
    }
    if (state_.compare_exchange_strong(state, half_open)) {
        inside_.fetch_add(1);
        return {Entry::probes, Time(0)};
    }
    return {Entry::refused, while_probing};  // another request probes
}

Circuit::Change Circuit::record_result(bool has_failed, bool is_probe, const CircuitRules& rules, Time now) noexcept {
    const std::int64_t until = std::max<std::int64_t>((now + rules.open_for).count(), half_open + 1);
    if (is_probe) {
        std::int64_t expected = half_open;
        if (!has_failed) {
            forget();
        }
        const bool changes = state_.compare_exchange_strong(expected, has_failed ? until : closed);
        return !changes ? Change::none : has_failed ? Change::opened_again : Change::closed;
    }
    std::int64_t expected = closed;
    const bool opens = count(has_failed, rules, now) && state_.compare_exchange_strong(expected, until);
    return opens ? Change::opened : Change::none;
}

void Circuit::leave(bool is_probe) noexcept {
    std::int64_t expected = half_open;
    if (is_probe) {
        state_.compare_exchange_strong(expected, half_open + 1);  // open until a time in the past
    }
    inside_.fetch_sub(1);
}

// Counts a request; returns whether there are too many failures now.
bool Circuit::count(bool has_failed, const CircuitRules& rules, Time now) noexcept {
    const auto slice = static_cast<std::uint64_t>(now / (rules.window / slices));
    std::atomic<std::uint64_t>& word = counts_[slice % slices];
    const std::uint64_t number = slice & number_mask;
    std::uint64_t before = word.load();
    std::uint64_t after = 0;
    do {
        const std::uint64_t fresh = number_of(before) == number ? before : number << (2 * count_bits);
        const bool is_full = requests_of(fresh) == count_max;
        after = is_full ? fresh : fresh + (std::uint64_t{1} << count_bits) + (has_failed ? 1 : 0);
    } while (!word.compare_exchange_weak(before, after));
    if (!has_failed) {
        return false;
    }
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;
    for (const std::atomic<std::uint64_t>& each : counts_) {
        const std::uint64_t counted = each.load();
        if (((number - number_of(counted)) & number_mask) < slices) {
            requests += requests_of(counted);
            failures += failures_of(counted);
        }
    }
    return failures >= rules.failures && static_cast<double>(failures) >= rules.ratio * static_cast<double>(requests);
}

void Circuit::forget() noexcept {
    for (std::atomic<std::uint64_t>& each : counts_) {
        each.store(0);
    }
}

}  // namespace ferrotunnel::plugins
