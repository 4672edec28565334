// The services that the control socket was told to keep: conf.d/90-runtime.yml beside the configuration file, which
// includes it by itself (settings/includes.hpp). It is read, changed and replaced as a whole, one writer at a time: the
// control thread of the client.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.hpp"
#include "base/result.hpp"
#include "config/node.hpp"

namespace ferrotunnel::detail {

class KeptServices {
public:
    /// `file`: the configuration file.
    explicit KeptServices(std::string file);

    const std::string& path() const noexcept { return path_; }
    /// Adds items of `client.services`, each with its name, which the running client has taken. Where the whole
    /// configuration would be wrong with them, or would mean something else by them, nothing is changed. Returns what
    /// is wrong, as a sentence; empty: they are kept.
    std::string add(const std::vector<admin::Json>& items);
    /// Returns what is wrong; empty: the service is not kept any more.
    std::string remove(std::string_view name);

private:
    Result<std::vector<config::Node>, std::string> read() const;
    std::string write(const std::vector<std::string>& items) const;

    std::string file_;
    std::string path_;
};

}  // namespace ferrotunnel::detail
