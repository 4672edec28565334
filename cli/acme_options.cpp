#include "acme_options.hpp"

#include <filesystem>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

#include "setting_options.hpp"

namespace ferrotunnel::cli {
namespace {

// Divides a command at spaces. The path of its program becomes absolute: nothing is looked up in PATH.
std::vector<std::string> command_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words(std::istream_iterator<std::string>(in), {});
    if (!words.empty()) {
        std::error_code error;
        const std::filesystem::path path = std::filesystem::absolute(words.front(), error);
        words.front() = error ? words.front() : path.lexically_normal().string();
    }
    return words;
}

}  // namespace

void add_acme_options(std::vector<OptionSection>& sections) {
    section_called(sections, "HTTPS, and proxies in front")
        .options.push_back({"acme-dns-command", "COMMAND", "",
                            "Program that sets TXT records, for dns-01, with its arguments, divided at spaces. It is "
                            "called with `add` or `remove`, the record's name and its value."});
}

bool apply_acme(const Options& options, const Config::ServerSection& file, Server::Builder& builder,
                Problems& problems) {
    std::optional<Acme> acme = file.acme;
    if (options.has("acme") && !acme) {
        acme.emplace();
    }
    if (const std::optional<std::string> command = options.text("acme-dns-command")) {
        if (acme) {
            acme->dns_command = command_of(*command);
        } else if (!options.from_environment("acme-dns-command")) {
            problems.add(options.place_of("acme-dns-command"), "has no meaning without acme");
        }
    }
    if (options.text("https-bind") == "off") {
        acme.reset();
    }
    const bool has_acme = acme.has_value();
    builder.acme(std::move(acme));
    return has_acme;
}

std::string ca_of(const Acme& acme) {
    const std::string url = acme.directories.empty() ? "" : acme.directories.front();
    const std::size_t scheme = url.find("://");
    const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
    return url.substr(begin, url.find_first_of("/?#", begin) - begin);
}

}  // namespace ferrotunnel::cli
