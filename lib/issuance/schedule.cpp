#include "issuance/schedule.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace ferrotunnel::issuance {
namespace {

constexpr const char* lock_name = "_schedule";  // no host begins with an underscore

}  // namespace

Failures Schedule::load(WallTime now, std::string& fault) {
    SavedSchedule saved = needs_.store.schedule(fault);
    budget_.from_json(saved.budget, now);
    written_ = saved.names;
    return std::move(saved.names);
}

Result<std::optional<WallTime>, std::string> Schedule::take(const acme::PlannedOrder& order, WallTime now) {
    std::optional<WallTime> next;
    std::string fault = update(now, [&] {
        next = budget_.take(order, now);
        return !next;
    });
    return fault.empty() ? Result<std::optional<WallTime>, std::string>(next) : std::move(fault);
}

std::string Schedule::issued(std::string_view ca, std::string_view parent, WallTime now) {
    return update(now, [&] {
        budget_.issued(ca, parent, now);
        return true;
    });
}

std::string Schedule::save(WallTime now) {
    return update(now, [] { return true; });
}

// `change` returns whether there is something to write.
std::string Schedule::update(WallTime now, const std::function<bool()>& change) {
    NameLock lock;
    if (std::string fault = acquire(lock); !fault.empty()) {
        return fault;
    }
    std::string fault;
    SavedSchedule saved = needs_.store.schedule(fault);
    if (saved.budget.empty()) {  // somebody has removed or damaged it: it is made again
        written_.clear();
    } else {
        budget_.from_json(saved.budget, now);
    }
    if (!change()) {
        return {};
    }
    Failures ours = needs_.failures(now);
    put_in(saved.names, ours);
    saved.budget = budget_.to_json();
    fault = needs_.store.write_schedule(saved);
    if (fault.empty()) {
        written_ = std::move(ours);
    }
    return fault;
}

// Each process has it for one read and one write.
std::string Schedule::acquire(NameLock& lock) const {
    constexpr std::chrono::milliseconds interval{5};
    const auto path = needs_.store.lock_file(lock_name);
    std::string fault;
    const TimePoint until = Clock::now() + lock_time_;
    while (!lock.acquire(path, fault)) {
        if (!fault.empty() || Clock::now() >= until) {
            return fault.empty() ? "another process does not release " + path.string() : fault;
        }
        // allowed: as a slow disk, this delays only the manager's thread
        std::this_thread::sleep_for(interval);
    }
    return {};
}

void Schedule::put_in(Failures& names, const Failures& ours) const {
    for (const auto& [name, failure] : written_) {
        if (!ours.contains(name)) {
            names.erase(name);
        }
    }
    for (const auto& [name, failure] : ours) {
        const auto before = written_.find(name);
        if (before == written_.end() || before->second != failure) {
            names.insert_or_assign(name, failure);
        }
    }
    while (names.size() > limits::saved_failures_max) {
        names.erase(std::min_element(names.begin(), names.end(), [](const auto& one, const auto& other) {
            return one.second.next < other.second.next;
        }));
    }
}

}  // namespace ferrotunnel::issuance
