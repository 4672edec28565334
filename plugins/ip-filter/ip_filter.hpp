// Lets visitors in or not, by their addresses. plugins/ip-filter/README.md has the settings.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/published.hpp"
#include "ferrotunnel/plugin.hpp"
#include "ip-filter/address_set.hpp"
#include "ip-filter/range_file.hpp"

namespace ferrotunnel::plugins {

class IpFilter final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "ip-filter",
        .version = "1.0",
        .summary = "lets visitors in or not, by their addresses",
        .schema = R"({
            "type": "object",
            "properties": {
                "allow": {"type": ["string", "array"], "items": {"type": "string", "format": "network"},
                          "minItems": 1, "maxItems": 1000, "x-client": true,
                          "description": "Who may come in; with it nobody else may."},
                "deny": {"type": ["string", "array"], "items": {"type": "string", "format": "network"},
                         "minItems": 1, "maxItems": 1000, "x-client": true,
                          "description": "Who may not, even where `allow` has the address."},
                "allow_file": {"type": "string", "format": "file",
                               "description": "More of `allow`: an address or network a line."},
                "deny_file": {"type": "string", "format": "file",
                              "description": "More of `deny`: an address or network a line."},
                "reload": {"type": "string", "format": "duration", "formatMaximum": "24h", "default": "5s",
                           "description": "How often it is looked whether a file has changed; 0: never."}
            }
        })",
        .guard = true,
    };

    /// Reports lists that cannot be read, with the line, and settings without a list.
    static void check(const plugin::Settings& settings);
    explicit IpFilter(const plugin::Settings& settings);
    ~IpFilter() override { stop(); }

    void start() override;
    void stop() override;
    plugin::Decision on_request(plugin::Exchange& exchange) override;
    plugin::Decision on_connect(plugin::Visit& visit) override;

    /// Whether a visitor with that address may come in. What is not a valid address may not. Any thread; it allocates
    /// nothing.
    bool admits(std::string_view visitor) const noexcept;
    /// Reads the files that have changed. One that cannot be used changes nothing, and is told in the log. The control
    /// thread before start(), then this object's own.
    void refresh();

private:
    /// One of the two lists: what the settings say, and the file.
    struct List {
        bool is_given = false;
        std::vector<IpRange> fixed;
        std::optional<RangeFile> file;
        std::shared_ptr<const AddressSet> all;  // null: nobody has asked for such a list
    };
    struct Lists {
        std::shared_ptr<const AddressSet> allow;
        std::shared_ptr<const AddressSet> deny;
    };

    static List read(const plugin::Settings& settings, const std::string& name);
    static bool refresh(List& list);
    void publish() { lists_.publish(std::make_unique<const Lists>(Lists{allow_.all, deny_.all})); }
    void watch();

    List allow_;
    List deny_;
    Published<Lists> lists_;
    const std::chrono::nanoseconds reload_;
    std::mutex mutex_;  // guards is_ending_
    std::condition_variable ends_;
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace ferrotunnel::plugins
