#include "plugin/instance.hpp"

#include <utility>

#include "base/text.hpp"
#include "plugin/host.hpp"
#include "plugin/settings_view.hpp"

namespace ferrotunnel::plugin {
namespace {

LogLevel level_of(std::int32_t level) noexcept {
    switch (level) {
        case FT_LOG_ERROR:
            return LogLevel::error;
        case FT_LOG_WARN:
            return LogLevel::warn;
        case FT_LOG_INFO:
            return LogLevel::info;
        default:
            return LogLevel::debug;
    }
}

}  // namespace

Instance::Instance(Type type, InstanceOptions options, Logger& log)
    : type_(std::move(type)), options_(std::move(options)), log_(log) {}

void Instance::log(std::int32_t level, std::string_view line) const noexcept {
    constexpr std::size_t longest = 1'024;
    static constexpr LineKind lines{"plugin_lines"};
    try {
        const LogLevel as = level_of(level);
        if (log_.may_write(as, lines, now())) {
            log_.log_at(as, "a plugin says", {{"plugin", options_.id}, {"text", printable(line, longest)}});
        }
    } catch (const std::exception&) {  // no memory for the line
    }
}

void Instance::tell_failure(std::string_view request, std::string_view why) const noexcept {
    static constexpr LineKind failures{"plugin_failures"};
    try {
        if (log_.may_write(LogLevel::warn, failures, now())) {
            log_.warn("a plugin has failed", {{"plugin", options_.id}, {"request", request}, {"why", why}});
        }
    } catch (const std::exception&) {
    }
}

void Instance::tell_observed(std::string_view request, const hooks::Reply& reply) const noexcept {
    static constexpr LineKind answers{"plugin_observations"};
    try {
        if (log_.may_write(LogLevel::info, answers, now())) {
            log_.info("a plugin would have answered",
                      {{"plugin", options_.id},
                       {"request", request},
                       {"status", reply.page ? http::info_of(*reply.page).status : reply.status}});
        }
    } catch (const std::exception&) {  // no memory for the line
    }
}

Result<std::shared_ptr<Instance>, std::string> Instances::make(const Prepared& prepared, InstanceOptions options,
                                                               const Instance* before) {
    const ft_type& calls = prepared.type.calls;
    if (options.id.empty()) {
        options.id = prepared.type.name;
    }
    auto owned = std::make_unique<Instance>(prepared.type, std::move(options), log_);
    ft_settings seen{prepared.settings};
    owned->object_ = calls.make(&seen, owned.get(), before != nullptr ? before->object() : nullptr);
    if (owned->object_ != nullptr && !seen.findings.empty()) {
        calls.destroy(std::exchange(owned->object_, nullptr));
    }
    if (owned->object_ == nullptr) {
        std::string text = "The plugin \"" + owned->id() + "\" can not be made";
        for (const config::Finding& finding : seen.findings) {
            text += ": " + finding.path + (finding.path.empty() ? "" : " ") + finding.text;
        }
        return text + ".";
    }
    {
        const std::lock_guard lock(graveyard_->mutex);
        ++graveyard_->living;
    }
    // If there is no memory for the pointer's block, the instance is left to the graveyard as well.
    return std::shared_ptr<Instance>(owned.release(), [graveyard = graveyard_](Instance* instance) noexcept {
        const std::lock_guard lock(graveyard->mutex);
        instance->next_ = std::exchange(graveyard->first, instance);
        graveyard->left.notify_all();
    });
}

void Instances::bury() {
    Instance* dead = nullptr;
    {
        const std::lock_guard lock(graveyard_->mutex);
        dead = std::exchange(graveyard_->first, nullptr);
    }
    while (dead != nullptr) {
        destroy(std::exchange(dead, dead->next_));
        const std::lock_guard lock(graveyard_->mutex);
        --graveyard_->living;
    }
}

void Instances::destroy(Instance* instance) noexcept {
    const std::unique_ptr<Instance> owned(instance);
    if (owned->started_ && owned->calls().stop != nullptr) {
        owned->calls().stop(owned->object());
    }
    owned->calls().destroy(owned->object());
}

std::size_t Instances::living() const {
    const std::lock_guard lock(graveyard_->mutex);
    return graveyard_->living;
}

void Instances::finish() {
    while (living() > 0) {
        {
            std::unique_lock lock(graveyard_->mutex);
            graveyard_->left.wait(lock, [this] { return graveyard_->first != nullptr; });
        }
        bury();
    }
}

}  // namespace ferrotunnel::plugin
