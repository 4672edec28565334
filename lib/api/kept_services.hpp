// What the control socket was told to keep: conf.d/90-runtime.yml beside the configuration file, which includes it by
// itself (settings/includes.hpp). It is read, changed and replaced as a whole, under a lock of its folder: programs
// that share the folder do not lose each other's changes.
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

    enum class Switched : std::uint8_t { kept, of_no_file, not_here, failed };
    struct Outcome {
        Switched what = Switched::kept;
        std::string why{};  // failed
    };
    /// Keeps a service off. `of_no_file`: the configuration has none of that name, so nothing was kept.
    Outcome disable(const std::string& name, const std::string& by);
    /// `not_here`: it is not this file that keeps it off.
    Outcome enable(const std::string& name);

private:
    /// What the file says.
    struct Contents {
        std::vector<config::Node> services;
        std::vector<config::Node> disabled;
    };
    /// The same as it is written, each item as JSON.
    struct Texts {
        std::vector<std::string> services;
        std::vector<std::string> disabled;

        bool empty() const noexcept { return services.empty() && disabled.empty(); }
    };

    Result<Contents, std::string> read() const;
    std::string write(const Texts& texts) const;
    static Texts texts_of(const Contents& contents, std::string_view without);

    std::string file_;
    std::string path_;
};

}  // namespace ferrotunnel::detail
