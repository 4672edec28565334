// Accepts or rejects visitors by their addresses. See plugins/ip-filter/README.md.
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
        .summary = "accepts or rejects visitors by their addresses",
        .schema = R"({
            "type": "object",
            "properties": {
                "allow": {"type": ["string", "array"], "items": {"type": "string", "format": "network"},
                          "minItems": 1, "maxItems": 1000, "x-client": true,
                          "description": "Addresses to accept; all others are then rejected."},
                "deny": {"type": ["string", "array"], "items": {"type": "string", "format": "network"},
                         "minItems": 1, "maxItems": 1000, "x-client": true,
                          "description": "Addresses to reject, even if they are in `allow`."},
                "allow_file": {"type": "string", "format": "file",
                               "description": "File with more of `allow`: an address or network per line."},
                "deny_file": {"type": "string", "format": "file",
                              "description": "File with more of `deny`: an address or network per line."},
                "reload": {"type": "string", "format": "duration", "formatMaximum": "24h", "default": "5s",
                           "description": "How often the files are checked for changes; 0: never."}
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
    plugin::Decision on_connect(plugin::Visitor& visit) override;

    /// Whether the address `visitor` is accepted. An invalid address is not. Thread-safe; does not allocate.
    bool admits(std::string_view visitor) const noexcept;
    /// Reads the files that have changed. An unusable file changes nothing, and is logged. Called on the control thread
    /// before start(), then on this object's own.
    void refresh();

private:
    /// One of the two lists: from the settings and from the file.
    struct List {
        bool is_given = false;
        std::vector<IpRange> fixed;
        std::optional<RangeFile> file;
        std::shared_ptr<const AddressSet> all;  // null if there is no such list
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
