#include "exchange/open_gate.hpp"

#include <utility>

#include "runtime/worker.hpp"

namespace ferrotunnel::exchange {

void GateVisitor::leave_gate() noexcept {
    if (gate_ != nullptr) {
        gate_->remove(*this);
    }
}

OpenGate::~OpenGate() {
    for (auto& [service, line] : lines_) {
        for (GateVisitor* each = line.first; each != nullptr; each = each->next_) {
            each->gate_ = nullptr;
        }
    }
}

bool OpenGate::has_line(std::uint64_t service) const noexcept {
    const auto found = lines_.find(service);
    return found != lines_.end() && found->second.first != nullptr;
}

bool OpenGate::may_open(std::uint64_t service) const noexcept {
    const auto found = lines_.find(service);
    return found == lines_.end() || found->second.opening < opens_max_;
}

OpenGate::Line& OpenGate::line_of(std::uint64_t service) {
    Line& line = lines_[service];
    line.service = service;
    return line;
}

void OpenGate::opening(std::uint64_t service) {
    ++line_of(service).opening;
}

void OpenGate::answered(std::uint64_t service, bool taken) noexcept {
    if (const auto found = lines_.find(service); found != lines_.end()) {
        --found->second.opening;
        found->second.moved_at = taken ? worker_.now() : found->second.moved_at;
        serve_soon(found->second);
        forget_if_empty(found);
    }
}

void OpenGate::came_back(std::uint64_t service) noexcept {
    if (const auto found = lines_.find(service); found != lines_.end() && found->second.first != nullptr) {
        ++found->second.came_back;
        found->second.moved_at = worker_.now();
        serve_soon(found->second);
    }
}

TimePoint OpenGate::moved_at(std::uint64_t service) const noexcept {
    const auto found = lines_.find(service);
    return found == lines_.end() ? TimePoint{} : found->second.moved_at;
}

void OpenGate::wait(std::uint64_t service, GateVisitor& visitor) {
    Line& line = line_of(service);
    visitor.gate_ = this;
    visitor.service_ = service;
    visitor.next_ = nullptr;
    visitor.previous_ = line.last;
    (line.last != nullptr ? line.last->next_ : line.first) = &visitor;
    line.last = &visitor;
    ++waiting_;
}

void OpenGate::remove(GateVisitor& visitor) noexcept {
    const auto found = lines_.find(visitor.service_);
    Line& line = found->second;
    (visitor.previous_ != nullptr ? visitor.previous_->next_ : line.first) = visitor.next_;
    (visitor.next_ != nullptr ? visitor.next_->previous_ : line.last) = visitor.previous_;
    visitor.gate_ = nullptr;
    --waiting_;
    forget_if_empty(found);
}

void OpenGate::forget_if_empty(Lines::iterator at) noexcept {
    if (at->second.first == nullptr && at->second.opening == 0 && !at->second.due) {
        lines_.erase(at);
    }
}

// Serves a queue at the end of the round, not from within an exchange that ends: a called visitor may end exchanges
// itself.
void OpenGate::serve_soon(Line& line) noexcept {
    if (line.first == nullptr || std::exchange(line.due, true)) {
        return;
    }
    line.next_due = nullptr;
    (last_due_ != nullptr ? last_due_->next_due : first_due_) = &line;
    last_due_ = &line;
    worker_.defer(*this);
}

void OpenGate::run_deferred() noexcept {
    while (first_due_ != nullptr) {
        Line& line = *first_due_;
        first_due_ = line.next_due;
        last_due_ = first_due_ != nullptr ? last_due_ : nullptr;
        line.due = false;
        serve(line.service);
    }
}

// Calls visitors of a queue. Everything is looked up again after each call, which may have changed the queues.
void OpenGate::serve(std::uint64_t service) noexcept {
    auto at = lines_.find(service);
    std::uint32_t streams = std::exchange(at->second.came_back, 0);
    while (at != lines_.end() && at->second.first != nullptr && (streams > 0 || at->second.opening < opens_max_)) {
        streams -= streams > 0 ? 1 : 0;
        GateVisitor& visitor = *at->second.first;
        remove(visitor);
        visitor.on_gate();
        at = lines_.find(service);
    }
    if (at != lines_.end()) {
        forget_if_empty(at);
    }
}

}  // namespace ferrotunnel::exchange
