# The decision service alone, for a cluster: Node, the libraries that Node itself loads, and one bundle. There is no
# shell in it. The base image is named in images.json and arrives as an argument, by its digest. The context is the
# folder of the bundle, dist/gateway/decision.
ARG NODE_IMAGE

FROM ${NODE_IMAGE} AS node
RUN mkdir /image \
 && ldd /usr/local/bin/node | grep -o '/[^ )]*' | xargs -I{} cp --parents -L {} /image \
 && cp --parents /usr/local/bin/node /image

FROM scratch
COPY --from=node /image/ /
COPY --chmod=0444 index.js /decision/index.js
# The same number as in lib/kubernetes/decision/deployment.ts.
USER 20902:20902
ENTRYPOINT ["/usr/local/bin/node", "/decision/index.js"]
