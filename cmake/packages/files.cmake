# Files that only packages have: CPack runs this when it has installed the components and before it packs them. The program
# itself writes the examples, the man pages and the completion of shells.
cmake_policy(VERSION 3.25)
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
set(source ${CPACK_FERROTUNNEL_SOURCE})
set(program ${root}/program/usr/bin/ferrotunnel)

# run(variable command...): its output.
function(run variable)
  execute_process(COMMAND env -i ${ARGN} OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE code)
  if(code)
    message(FATAL_ERROR "${ARGN}: ${code} ${error}")
  endif()
  set(${variable} "${output}" PARENT_SCOPE)
endfunction()

function(compress file)
  run(ignored PATH=/usr/bin:/bin gzip -9nf ${file})
endfunction()

# The unit of `cmake --install`, with the path that the program has here.
set(CMAKE_INSTALL_FULL_BINDIR /usr/bin)
configure_file(${source}/cli/systemd/ferrotunnel@.service.in
  ${root}/program/usr/lib/systemd/system/ferrotunnel@.service @ONLY)

# /usr/share/doc
run(licences ${program} version --licenses)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(kind ${CPACK_GENERATOR})
if(kind STREQUAL "DEB")
  set(kind DEBIAN)
endif()
foreach(component IN ITEMS program development)
  string(TOUPPER ${component} part)
  set(documents ${root}/${component}/usr/share/doc/${CPACK_${kind}_${part}_PACKAGE_NAME})
  file(WRITE ${documents}/copyright "${licences}")
  configure_file(${source}/CHANGELOG.md ${documents}/changelog COPYONLY)
  compress(${documents}/changelog)
  if(kind STREQUAL "DEBIAN")
    file(WRITE ${documents}/changelog.Debian
      "ferrotunnel (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
      "  * Version ${CPACK_PACKAGE_VERSION}, see changelog.gz.\n\n"
      " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
    compress(${documents}/changelog.Debian)
  endif()
endforeach()

# Examples: what `init` writes, without a token.
set(examples ${root}/program/usr/share/doc/ferrotunnel/examples)
file(MAKE_DIRECTORY ${examples})
run(ignored ${program} init server --config ${examples}/server.yml)
run(ignored ${program} init client --server tunnel.example.com --config ${examples}/client.yml)
file(REMOVE ${examples}/token)

# The man pages, with the date of the commit, and the completion of shells.
set(pages ${root}/program/usr/share/man/man1)
run(ignored SOURCE_DATE_EPOCH=$ENV{SOURCE_DATE_EPOCH} ${program} man --directory ${pages})
file(GLOB pages_made ${pages}/*.1)
foreach(page IN LISTS pages_made)
  compress(${page})
endforeach()
set(zsh_folder zsh/vendor-completions)
if(kind STREQUAL "RPM")
  set(zsh_folder zsh/site-functions)
endif()
foreach(file IN ITEMS bash:bash-completion/completions/ferrotunnel zsh:${zsh_folder}/_ferrotunnel
        fish:fish/vendor_completions.d/ferrotunnel.fish)
  string(REGEX MATCH "^([a-z]+):(.*)$" parts ${file})
  run(script ${program} completion ${CMAKE_MATCH_1})
  file(WRITE ${root}/program/usr/share/${CMAKE_MATCH_2} "${script}")
endforeach()

# Whatever the umask is: plugins are not loaded from a folder that others may write into.
file(GLOB_RECURSE added LIST_DIRECTORIES true ${root}/*/usr/share/* ${root}/program/usr/lib/systemd/*)
foreach(path IN LISTS added)
  if(IS_DIRECTORY ${path})
    file(CHMOD ${path} PERMISSIONS
      OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  else()
    file(CHMOD ${path} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  endif()
endforeach()
