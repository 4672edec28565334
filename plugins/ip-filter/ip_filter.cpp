#include "ip-filter/ip_filter.hpp"

#include <exception>
#include <stdexcept>

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;
using plugin::Settings;
using plugin::Text;

void IpFilter::check(const Settings& settings) {
    bool is_any_given = false;
    for (const char* const name : {"allow", "deny"}) {
        try {
            is_any_given = read(settings, name).is_given || is_any_given;
        } catch (const std::exception& problem) {
            is_any_given = true;
            settings.problem(std::string(name) + "_file", std::string("is not usable: ") + problem.what());
        }
    }
    if (!is_any_given) {
        settings.problem({}, "has neither an `allow` nor a `deny` list");
    }
}

IpFilter::IpFilter(const Settings& settings)
    : allow_(read(settings, "allow")),
      deny_(read(settings, "deny")),
      lists_(std::make_unique<const Lists>(Lists{allow_.all, deny_.all})),
      reload_(settings.integer("reload").value_or(0)) {}

// Throws if the file cannot be used.
IpFilter::List IpFilter::read(const Settings& settings, const std::string& name) {
    List list;
    for (std::size_t i = 0; i < settings.count(name); ++i) {
        list.fixed.push_back(parse_range(settings.text(name + "[" + std::to_string(i) + "]").value_or(Text())));
    }
    if (const auto path = settings.text(name + "_file")) {
        list.file.emplace(std::string(*path));
    }
    list.is_given = !list.fixed.empty() || list.file;
    if (list.file) {
        refresh(list);
    } else if (list.is_given) {
        list.all = std::make_shared<const AddressSet>(list.fixed);
    }
    return list;
}

// True if the file has changed, and the list with it.
bool IpFilter::refresh(List& list) {
    std::optional<std::vector<IpRange>> ranges = list.file ? list.file->read_if_changed() : std::nullopt;
    if (!ranges) {
        return false;
    }
    ranges->insert(ranges->end(), list.fixed.begin(), list.fixed.end());
    list.all = std::make_shared<const AddressSet>(*ranges);
    return true;
}

void IpFilter::refresh() {
    for (List* const list : {&allow_, &deny_}) {
        try {
            if (refresh(*list)) {
                publish();
                log(Level::info, list->file->path() + ": reloaded, " + std::to_string(list->all->size()) + " ranges");
            }
        } catch (const std::exception& problem) {
            log(Level::warn, std::string(problem.what()) + "; the earlier list stays in use");
        }
    }
}

void IpFilter::start() {
    if ((allow_.file || deny_.file) && reload_.count() > 0) {
        thread_ = std::thread([this] { watch(); });
    }
}

void IpFilter::watch() {
    std::unique_lock lock(mutex_);
    while (!ends_.wait_for(lock, reload_, [this] { return is_ending_; })) {
        lock.unlock();
        refresh();
        lock.lock();
    }
}

void IpFilter::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    ends_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

bool IpFilter::admits(std::string_view visitor) const noexcept {
    const std::optional<IpAddress> address = parse_address(visitor);
    return address && lists_.read([&](const Lists& lists) {
        return (lists.deny == nullptr || !lists.deny->contains(*address)) &&
               (lists.allow == nullptr || lists.allow->contains(*address));
    });
}

Decision IpFilter::on_request(Exchange& exchange) {
    return admits(exchange.visitor()) ? Decision::go_on() : Decision::reject(403, "ip_denied");
}

Decision IpFilter::on_connect(plugin::Visitor& visit) {
    return admits(visit.address()) ? Decision::go_on() : Decision::refuse("ip_denied");
}

}  // namespace ferrotunnel::plugins
