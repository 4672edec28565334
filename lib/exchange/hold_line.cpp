#include "exchange/hold_line.hpp"

#include <algorithm>
#include <utility>

#include "directory/http_directory.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::exchange {

void HoldVisitor::leave_hold() noexcept {
    if (line_ != nullptr) {
        line_->remove(*this);
    }
}

HoldLine::~HoldLine() {
    while (first_ != nullptr) {
        remove(*first_);
    }
}

bool HoldLine::enter(HoldVisitor& visitor, std::size_t bytes) noexcept {
    if (is_closed_ || waiting_ == visitors_max || bytes > bytes_max - bytes_) {
        return false;
    }
    seen_ = waiting_ == 0 ? routes_.changes() : std::min(seen_, routes_.changes());
    visitor.line_ = this;
    visitor.bytes_ = bytes;
    visitor.next_ = nullptr;
    visitor.previous_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = &visitor;
    last_ = &visitor;
    ++waiting_;
    bytes_ += bytes;
    if (!Deadline::is_set()) {
        wheel_.set(*this, worker_.now());
    }
    return true;
}

void HoldLine::close() noexcept {
    is_closed_ = true;
    ask_all();
}

void HoldLine::remove(HoldVisitor& visitor) noexcept {
    (visitor.previous_ != nullptr ? visitor.previous_->next_ : first_) = visitor.next_;
    (visitor.next_ != nullptr ? visitor.next_->previous_ : last_) = visitor.previous_;
    visitor.line_ = nullptr;
    --waiting_;
    bytes_ -= visitor.bytes_;
}

void HoldLine::on_deadline() noexcept {
    (void)routes_.get();
    if (const std::uint64_t now = routes_.changes(); now != std::exchange(seen_, now)) {
        ask_all();
    }
    if (waiting_ != 0) {
        wheel_.set(*this, worker_.now());
    }
}

// A request that enters again goes to the end, so all keep their order. A called one may end others.
void HoldLine::ask_all() noexcept {
    for (std::size_t left = waiting_; left != 0 && first_ != nullptr; --left) {
        HoldVisitor& visitor = *first_;
        remove(visitor);
        visitor.on_change();
    }
}

}  // namespace ferrotunnel::exchange
