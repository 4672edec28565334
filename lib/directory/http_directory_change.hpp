// A change of the directory from one state of its routes to the next. Only for http_directory*.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/mutex.hpp"
#include "directory/http_directory.hpp"

namespace ferrotunnel::directory {

// A bound for one host: on all its paths, or on the expressions among them.
struct HttpDirectory::PathBound {
    bool (*counts)(const http::PathRule& path) noexcept;
    std::size_t max;

    /// Routes of own clients count, and those that other members alone have do not.
    template <typename Routes>
    std::size_t count(const Routes& routes) const {
        return static_cast<std::size_t>(std::count_if(
            routes.begin(), routes.end(), [this](const auto& route) { return route.own && counts(route.path); }));
    }
    template <typename Routes>
    bool is_reached_by(const Routes& routes) const {
        return count(routes) >= max;
    }

    static constexpr auto any = [](const http::PathRule&) noexcept { return true; };
    static constexpr auto is_expression = [](const http::PathRule& path) noexcept {
        return path.kind == http::PathRule::Kind::regex;
    };
    static constexpr PathBound of_all() noexcept { return {any, limits::http_paths_per_host_max}; }
    static constexpr PathBound of_expressions() noexcept {
        return {is_expression, limits::http_path_regexes_per_host_max};
    }
};

// The next state of the routes while it is built: each host is copied and built once, however often it is changed. To
// be used with the lock held.
class HttpDirectory::Change {
public:
    explicit Change(HttpDirectory& directory)
        : directory_(directory), next_(std::make_shared<HttpRoutes>(*directory.routes_)) {}

    /// The host to change before commit(): a copy of the present one, or a host without routes. A host without routes
    /// at commit() is removed.
    HttpRoutes::Host& host(const std::string& pattern) {
        const auto [at, is_new] = hosts_.try_emplace(pattern);
        if (is_new) {
            at->second = next_->find_at(HttpRoutes::place_of(pattern)).copy(pattern);
        }
        return at->second;
    }

    void set_rules(std::shared_ptr<const RightRules> rules) { next_->rules_ = std::move(rules); }

    void set_learning(TimePoint since, TimePoint until) noexcept {
        next_->learning_since_ = since;
        next_->learning_until_ = until;
    }

    /// Whether claims() differs then, as it does by default.
    void set_claims_changed(bool changed) noexcept { changes_claims_ = changed; }

    void commit() {
        directory_.mutex_.assert_locked();
        for (auto& [pattern, host] : hosts_) {
            put(pattern, std::move(host));
        }
        directory_.has_passthrough_.store(next_->has_passthrough(), std::memory_order_relaxed);
        std::shared_ptr<const HttpRoutes> routes = std::move(next_);  // then keeps the old routes past the lock
        {
            const MutexLock lock(directory_.routes_mutex_);
            directory_.routes_.swap(routes);
        }
        directory_.version_.fetch_add(1, std::memory_order_release);
        directory_.count_change();
        if (changes_claims_ && directory_.on_change_) {
            directory_.on_change_();
        }
    }

private:
    void put(const std::string& pattern, HttpRoutes::Host host) {
        const HttpRoutes::Place place = HttpRoutes::place_of(pattern);
        const HttpRoutes::Host* before = next_->host_at(place);
        next_->passthroughs_ -= before != nullptr && before->passthrough ? 1U : 0U;
        const HttpRoutes::Remote* remote = host.only_remote();
        if (remote != nullptr && place.form == HttpRoutes::exact && pattern != "*") {
            next_->put_remote(place, *remote, target_);
            return;
        }
        HttpRoutes::HostPtr shared;
        if (!host.routes.empty()) {
            next_->build(host, directory_.settings_.seed);
            next_->passthroughs_ += host.passthrough ? 1U : 0U;
            shared = std::make_shared<const HttpRoutes::Host>(std::move(host));
        }
        if (pattern == "*") {
            next_->default_ = std::move(shared);
            return;
        }
        next_->put(place, std::move(shared));
    }

    HttpDirectory& directory_;
    std::shared_ptr<HttpRoutes> next_;
    std::map<std::string, HttpRoutes::Host> hosts_;
    IntrusivePtr<const RemoteTarget> target_;
    bool changes_claims_ = true;
};

}  // namespace ferrotunnel::directory
