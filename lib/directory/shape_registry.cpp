#include "directory/shape_registry.hpp"

#include <algorithm>

namespace ferrotunnel::directory {

// The rules are looked up under the lock: whichever of this and apply_rules() comes last uses the present ones.
std::shared_ptr<shaping::ServiceShape> ShapeRegistry::of(const ClientId& client, std::uint32_t service,
                                                         const Registry& registry, TimePoint now) {
    const MutexLock lock(mutex_);
    std::weak_ptr<shaping::ServiceShape>& known = services_[{client, service}];
    if (auto shape = known.lock()) {
        return shape;
    }
    const auto rules = registry.rules();
    const shaping::TokenRates rates = rules->of(client.first)->rates;
    std::weak_ptr<shaping::TokenShape>& known_token = tokens_[client.first];
    std::shared_ptr<shaping::TokenShape> token = known_token.lock();
    if (!token) {
        token = std::make_shared<shaping::TokenShape>();
        token->buckets.set(rates.all, now);
        known_token = token;
    }
    auto shape = std::make_shared<shaping::ServiceShape>(std::move(token));
    shape->set(rates, now);
    known = shape;
    forget_unused();
    return shape;
}

void ShapeRegistry::apply_rules(const Registry& registry, TimePoint now) {
    const MutexLock lock(mutex_);
    const auto rules = registry.rules();
    for (const auto& [token, known] : tokens_) {
        if (const auto shape = known.lock()) {
            shape->buckets.set(rules->of(token)->rates.all, now);
        }
    }
    for (const auto& [key, known] : services_) {
        if (const auto shape = known.lock()) {
            shape->set(rules->of(key.first.first)->rates, now);
        }
    }
}

void ShapeRegistry::forget_unused() {
    if (services_.size() < forget_at_) {
        return;
    }
    std::erase_if(services_, [](const auto& entry) { return entry.second.expired(); });
    std::erase_if(tokens_, [](const auto& entry) { return entry.second.expired(); });
    forget_at_ = std::max<std::size_t>(2 * services_.size(), 32);
}

}  // namespace ferrotunnel::directory
