#include "simulation/world.hpp"

#include <cstdarg>
#include <cstdio>
#include <utility>

namespace ferrotunnel::simulation {
namespace {

std::string format_list(const char* format, std::va_list arguments) {
    char text[512];
    std::vsnprintf(text, sizeof text, format, arguments);
    return text;
}

}  // namespace

World::World(std::uint64_t seed, bool verbose)
    : random_(seed), now_(TimePoint{} + std::chrono::hours(1)), start_(now_), last_progress_(now_), verbose_(verbose) {}

Duration World::between(Duration low, Duration high) {
    auto low_ticks = static_cast<std::uint64_t>(low.count());
    auto high_ticks = static_cast<std::uint64_t>(high.count());
    return Duration(static_cast<Duration::rep>(random_.between(low_ticks, high_ticks)));
}

void World::at(TimePoint time, std::function<void()> action) {
    planned_.push({time < now_ ? now_ : time, order_++, std::move(action)});
}

TimePoint World::next_event() const noexcept {
    return planned_.empty() ? never : planned_.top().time;
}

void World::run_event() {
    // The action is moved out first: it may plan more, which moves the heap.
    auto action = std::move(const_cast<Planned&>(planned_.top()).action);
    now_ = planned_.top().time;
    planned_.pop();
    action();
}

void World::advance_to(TimePoint time) {
    now_ = time;
}

double World::seconds() const noexcept {
    return std::chrono::duration<double>(now_ - start_).count();
}

void World::fail(const char* format, ...) {
    if (failure_) {
        return;
    }
    std::va_list arguments;
    va_start(arguments, format);
    failure_ = format_list(format, arguments);
    va_end(arguments);
    trace("VIOLATION: %s", failure_->c_str());
}

void World::trace(const char* format, ...) {
    if (!verbose_) {
        return;
    }
    std::va_list arguments;
    va_start(arguments, format);
    std::string text = format_list(format, arguments);
    va_end(arguments);
    std::printf("%11.6f  %s\n", seconds(), text.c_str());
}

}  // namespace ferrotunnel::simulation
