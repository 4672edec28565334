#include "settings/includes.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "config/document.hpp"

namespace ferrotunnel::detail {

std::string folder_of(const std::string& file) {
    const std::size_t slash = file.rfind('/');
    return slash == std::string::npos ? "" : slash == 0 ? "/" : file.substr(0, slash);
}

std::string saved_services_file(const std::string& file) {
    const std::string folder = folder_of(file);
    return folder + (folder.empty() || folder == "/" ? "" : "/") + "conf.d/90-runtime.yml";
}

namespace {

using config::Entry;
using config::Node;
namespace fs = std::filesystem;

// Lists that several files may add to. A single item may be written without a list here too.
bool is_shared_list(std::string_view path) {
    static const std::set<std::string_view> lists{"server.token",
                                                  "server.services",
                                                  "server.plugins.load",
                                                  "server.plugins.chain",
                                                  "server.https.certificates",
                                                  "server.https.folders",
                                                  "server.https.client_certificates",
                                                  "server.http.trusted_proxies",
                                                  "server.proxy_protocol_from",
                                                  "client.services",
                                                  "client.disabled",
                                                  "client.visits"};
    return lists.contains(path);
}

void mark(Node& node, unsigned file) {
    node.place.file = file;
    for (Node& item : node.items) {
        mark(item, file);
    }
    for (Entry& entry : node.entries) {
        entry.place.file = file;
        mark(entry.value, file);
    }
}

void make_list(Node& node) {
    if (node.kind == Node::Kind::list) {
        return;
    }
    Node list;
    list.kind = Node::Kind::list;
    list.place = node.place;
    if (node.kind != Node::Kind::nothing) {
        list.items.push_back(std::move(node));
    }
    node = std::move(list);
}

class Includer {
public:
    Includer(const ConfigSource& source, config::Context& context, ConfigFile& file, std::vector<ConfigText>& texts)
        : source_(source), context_(context), file_(file), texts_(texts) {
        seen_.insert(identity_of(source.name));
        bytes_ = source.text.size();
    }

    // Removes `include` from `root`, and merges the files that it names.
    void follow(Node& root, std::size_t depth) {
        const auto found = std::find_if(root.entries.begin(), root.entries.end(),
                                        [](const Entry& entry) { return entry.key == "include"; });
        if (found == root.entries.end()) {
            return;
        }
        const Entry include = std::move(*found);
        root.entries.erase(found);
        if (!source_.read_file) {
            return;
        }
        const config::Value value(include.value, context_, "include", include.place);
        for (const config::Value& item : value.items_or_single()) {
            const std::optional<std::string> path = item.path();
            for (const std::string& file : path ? files_of(*path, item) : std::vector<std::string>()) {
                add(root, file, item, depth);
            }
        }
    }

    // Merges the services saved through the control socket, without an `include`.
    void follow_kept(Node& root) {
        const auto client = std::find_if(root.entries.begin(), root.entries.end(),
                                         [](const Entry& entry) { return entry.key == "client"; });
        const std::string path = saved_services_file(source_.name);
        std::error_code error;
        if (client == root.entries.end() || !source_.read_file || !fs::exists(path, error) ||
            seen_.contains(identity_of(path))) {
            return;
        }
        Node at;
        at.place = client->place;
        add(root, path, config::Value(at, context_, "client", client->place), 0);
    }

private:
    static std::string identity_of(const std::string& path) {
        std::error_code error;
        const fs::path real = fs::weakly_canonical(path, error);
        return error ? path : real.string();
    }

    // The files that a path means, sorted: a file, those of a folder, or those that match a pattern.
    std::vector<std::string> files_of(const std::string& path, const config::Value& item) {
        const std::size_t slash = path.rfind('/');
        const std::string last = path.substr(slash == std::string::npos ? 0 : slash + 1);
        const bool is_pattern = last.find_first_of("*?[") != std::string::npos;
        std::error_code error;
        if (!is_pattern && !path.ends_with('/') && !fs::is_directory(path, error)) {
            return {path};
        }
        const std::string folder = !is_pattern && !path.ends_with('/')        ? path + '/'
                                   : is_pattern && slash == std::string::npos ? std::string("./")
                                                                              : path.substr(0, slash + 1);
        file_.files.push_back(folder);
        std::vector<std::string> files;
        fs::directory_iterator entries(folder, error);
        for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
            const std::string name = entries->path().filename().string();
            const bool fits = is_pattern
                                  ? ::fnmatch(last.c_str(), name.c_str(), FNM_PERIOD) == 0
                                  : !name.starts_with('.') && (name.ends_with(".yml") || name.ends_with(".yaml"));
            if (fits) {
                files.push_back(folder + name);
            }
        }
        if (error) {
            item.problem("cannot read the folder " + in_quotes(folder) + ": " + error.message());
        }
        std::sort(files.begin(), files.end());
        return files;
    }

    void add(Node& root, const std::string& path, const config::Value& item, std::size_t depth) {
        file_.files.push_back(path);
        if (depth >= include_depth_max) {
            item.problem(
                "files may be included at most "
                "" +
                std::to_string(include_depth_max) + " levels deep");
            return;
        }
        if (texts_.size() > included_files_max) {
            item.problem("more than " + std::to_string(included_files_max) + " files are included");
            return;
        }
        if (!seen_.insert(identity_of(path)).second) {
            item.problem("the file " + in_quotes(path) + " is already a part of this configuration");
            return;
        }
        auto text = source_.read_file(path);
        if (!text) {
            item.problem("cannot read the file " + in_quotes(path) + ": " + text.error());
            return;
        }
        bytes_ += text->text.size();
        if (bytes_ > limits::config_file_bytes_max) {
            item.problem("the files together have more than " + std::to_string(limits::config_file_bytes_max / 1024) +
                         " KiB");
            return;
        }
        read(root, std::move(*text), depth);
    }

    void read(Node& root, ConfigText text, std::size_t depth) {
        const auto number = static_cast<unsigned>(texts_.size());
        config::Report own;
        Node document = config::parse_document(text.text, own);
        for (config::Finding& finding : own.take()) {
            finding.place.file = number;
            context_.report.add(finding.place, finding.path, finding.text);
        }
        mark(document, number);
        context_.more_folders.push_back(folder_of(text.name));
        texts_.push_back(std::move(text));
        follow(document, depth + 1);
        merge(root, std::move(document), "");
    }

    std::string place_of(const config::Place& place) const {
        return texts_.at(place.file).name + ':' + std::to_string(place.line);
    }

    void merge(Node& into, Node&& from, const std::string& path) {
        for (Entry& entry : from.entries) {
            const std::string key = path.empty() ? entry.key : path + '.' + entry.key;
            const auto there = std::find_if(into.entries.begin(), into.entries.end(),
                                            [&](const Entry& one) { return one.key == entry.key; });
            if (there == into.entries.end()) {
                into.entries.push_back(std::move(entry));
                continue;
            }
            Node& value = there->value;
            if (is_shared_list(key)) {
                make_list(value);
                make_list(entry.value);
                std::move(entry.value.items.begin(), entry.value.items.end(), std::back_inserter(value.items));
            } else if (entry.value.kind == Node::Kind::nothing) {
                continue;
            } else if (value.kind == Node::Kind::nothing) {
                value = std::move(entry.value);
            } else if (value.kind == Node::Kind::map && entry.value.kind == Node::Kind::map) {
                merge(value, std::move(entry.value), key);
            } else {
                context_.report.add(entry.place, key, "is already set at " + place_of(there->place));
            }
        }
    }

    const ConfigSource& source_;
    config::Context& context_;
    ConfigFile& file_;
    std::vector<ConfigText>& texts_;
    std::set<std::string> seen_;
    std::size_t bytes_ = 0;
};

}  // namespace

void add_includes(Node& document, const ConfigSource& source, config::Context& context, ConfigFile& file,
                  std::vector<ConfigText>& texts) {
    Includer includer(source, context, file, texts);
    includer.follow(document, 0);
    includer.follow_kept(document);
}

}  // namespace ferrotunnel::detail
