#include "api/shared_quotas.hpp"

#include <utility>

namespace ferrotunnel::detail {

SharedQuotas::SharedQuotas(runtime::Worker& first, std::shared_ptr<session::ServerShared> shared)
    : worker_(first),
      shared_(std::move(shared)),
      use_(std::make_shared<directory::SharedUse>(directory::SharedUse::Needs{
          *shared_->values, *shared_->token_use, *shared_->registry, [] { return Clock::now(); }})) {
    use_->watch();
}

void SharedQuotas::start() {
    worker_.post([this]() noexcept {
        timer_ = std::make_unique<runtime::Timer>(worker_, [this] { tick(); });
        timer_->set_after(directory::SharedUse::interval);
    });
}

void SharedQuotas::tick() {
    timer_->set_after(directory::SharedUse::interval);
    use_->tick();
}

}  // namespace ferrotunnel::detail
