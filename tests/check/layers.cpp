#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

#include "checks.hpp"

namespace check {

namespace {

struct Layer {
    std::set<std::string, std::less<>> uses;       // directly or through others
    std::set<std::string, std::less<>> named;      // directly
    std::set<std::string, std::less<>> libraries;  // of keys and of JSON, if it links them
    bool is_sans_io = false;
};
using Layers = std::map<std::string, Layer, std::less<>>;

// Adds the layer that one ft_layer() call describes, such as "mux SANS_IO USES buffer wire".
void add_layer(Layers& layers, const std::string& call) {
    std::istringstream words(call);
    std::string name, word, key;
    words >> name;
    Layer layer;
    while (words >> word) {
        if (word == "USES" || word == "LINKS" || word == "PRECOMPILE" || word == "SANS_IO" || word == "COLD") {
            key = word;
            layer.is_sans_io = layer.is_sans_io || word == "SANS_IO";
        } else if (key == "USES") {
            const auto used = layers.find(word);
            if (used == layers.end()) {
                throw std::runtime_error("lib/CMakeLists.txt: " + name + " uses " + word + ", which is not above it");
            }
            layer.named.insert(word);
            layer.uses.insert(word);
            layer.uses.insert(used->second.uses.begin(), used->second.uses.end());
        } else if (key == "LINKS" && word == "OpenSSL::Crypto") {
            layer.libraries.insert("openssl");
        } else if (key == "LINKS" && word == "nlohmann_json::nlohmann_json") {
            layer.libraries.insert("nlohmann");
        }
    }
    layers[name] = layer;
}

Layers layers_of(const std::string& cmake) {
    Layers layers;
    const std::string begin = "\nft_layer(";
    const std::string text = "\n" + cmake;
    for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
        const auto from = at + begin.size();
        add_layer(layers, text.substr(from, text.find(')', from) - from));
    }
    return layers;
}

bool is_of_library(std::string_view name, const Folders& libraries) {
    for (std::string_view library : libraries) {
        if (name.starts_with(library) && name.size() > library.size() &&
            (name[library.size()] == '/' || name[library.size()] == '.')) {
            return true;
        }
    }
    return false;
}

bool is_foreign_to_core(std::string_view name) {
    for (std::string_view prefix :
         {"sys/socket", "sys/epoll", "sys/eventfd", "netinet/", "arpa/", "netdb", "pthread"}) {
        if (name.starts_with(prefix)) {
            return true;
        }
    }
    return is_of_library(name, {"asio", "nlohmann", "fmt", "openssl"});
}

std::string list_of(const std::set<std::string, std::less<>>& layers) {
    std::string list;
    for (const std::string& used : layers) {
        list += (list.empty() ? "" : ", ") + used;
    }
    return list.empty() ? "nothing of lib/" : list;
}

// The folder of lib/ that a header seems to be of; empty for a header of the system such as <net/if.h>.
std::string_view folder_of(const Include& include) {
    return include.has_angles && include.name.ends_with(".h") ? std::string_view() : first_folder(include.name);
}

void check_folder(const Source& source, const std::string& folder, const Layers& layers, Findings& findings) {
    const Layer& layer = layers.at(folder);
    for (const Include& include : includes_of(source.text)) {
        const std::string_view target = folder_of(include);
        const bool is_allowed = target == folder || layer.uses.contains(target) || target == "ferrotunnel" ||
                                (include.has_angles && !layers.contains(target));
        if (!is_allowed) {
            findings.push_back(source.at(include.line) + "lib/" + folder + " may not include \"" + include.name +
                               "\"; it may use: " + list_of(layer.uses));
        } else if (layer.is_sans_io && is_foreign_to_core(include.name) &&
                   !layer.libraries.contains(first_folder(include.name))) {
            findings.push_back(source.at(include.line) + "lib/" + folder + " is sans-IO: no <" + include.name +
                               ">; hide it behind an interface of lib/base and implement that in runtime, transport "
                               "or observe");
        }
    }
}

void check_library(const std::filesystem::path& root, const Layers& layers, Findings& findings) {
    for (const Source& source : sources_under(root, {"lib"})) {
        const std::string below = source.path.substr(4);
        const std::string folder(first_folder(below));
        if (folder == below) {
            findings.push_back(source.at(1) + "lib/ has folders alone: whose subject is it?");
        } else if (layers.contains(folder)) {
            check_folder(source, folder, layers, findings);
        } else {
            findings.push_back(source.at(1) + "no ft_layer(" + folder +
                               " ...) in lib/CMakeLists.txt: say what the folder may use");
        }
    }
}

void check_public_only(const std::filesystem::path& root, const Layers& layers, Findings& findings) {
    for (std::string_view folder : {"cli", "plugins", "docs/examples", "include"}) {
        for (const Source& source : sources_under(root, {folder})) {
            for (const Include& include : includes_of(source.text)) {
                const std::string_view target = folder_of(include);
                // A plugin may have the name of a layer.
                const bool is_own = folder == "plugins" && std::filesystem::exists(root / folder / include.name);
                const bool is_of_layer = target != include.name && layers.contains(target) && !is_own;
                if (is_of_layer || (!include.has_angles && std::filesystem::exists(root / "lib" / include.name))) {
                    findings.push_back(source.at(include.line) + std::string(folder) +
                                       "/ sees include/ferrotunnel/ alone, not lib/" + include.name);
                } else if (folder == "include" &&
                           is_of_library(include.name, {"nlohmann", "fmt", "openssl", "yaml-cpp", "CLI"})) {
                    findings.push_back(source.at(include.line) + "a public header must not ask applications for <" +
                                       include.name + ">");
                }
            }
        }
    }
}

// Compares the table of layers in docs/architecture.md, `| mux | what is in it | buffer, wire |`.
void check_document(const std::filesystem::path& root, const Layers& layers, Findings& findings) {
    const std::filesystem::path path = "docs/architecture.md";
    if (!std::filesystem::exists(root / path)) {
        return;
    }
    std::istringstream lines(read_text(root / path));
    std::set<std::string, std::less<>> missing;
    for (const auto& [name, layer] : layers) {
        missing.insert(name);
    }
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        const std::size_t end = line.find(" | ", 2);
        const std::string name = line.starts_with("| ") && end != std::string::npos ? line.substr(2, end - 2) : "";
        const std::size_t last = line.rfind('|', line.size() - 2);
        if (missing.erase(name) == 0) {
            continue;
        }
        std::istringstream words(line.substr(last + 1));
        std::set<std::string, std::less<>> said;
        for (std::string word; words >> word;) {
            word.erase(word.find_last_not_of(",|") + 1);
            if (layers.contains(word)) {
                said.insert(word);
            }
        }
        if (said != layers.at(name).named) {
            findings.push_back(path.string() + ':' + std::to_string(number) + ": " + name + " uses " +
                               list_of(layers.at(name).named) + " according to lib/CMakeLists.txt");
        }
    }
    for (const std::string& name : missing) {
        findings.push_back(path.string() + ":1: no line for the layer " + name);
    }
}

}  // namespace

Findings check_layers(const std::filesystem::path& root) {
    const Layers layers = layers_of(read_text(root / "lib/CMakeLists.txt"));
    Findings findings;
    check_library(root, layers, findings);
    check_public_only(root, layers, findings);
    check_document(root, layers, findings);
    return findings;
}

}  // namespace check
