import pytest
from bartizan.store.opensearch import mapping
import sys
KEYWORD={"type":"keyword"}
for k in ("uri","data","rest"):
    mapping.TRANSACTIONS["properties"]["bartizan"]["properties"]["text"]["properties"][k]=KEYWORD
from bartizan.store.registry import open_store, upgrade_store
from bartizan.domain.search import Search, Facet
from tests.contract.test_stores import *
import tests.contract.test_retention as R, tests.contract.test_replacing as P, tests.contract.test_sensor_health as H
for mod in (R,P,H):
    for n,v in vars(mod).items():
        if n.startswith("test_"): globals()[n+"_"+mod.__name__[-4:]]=v
@pytest.fixture(scope="session")
def shared():
    u="elasticsearch+http://127.0.0.1:29411/es?replicas=0"
    upgrade_store(u); s=open_store(u); yield s; s.close()
@pytest.fixture
def store(shared):
    yield shared
    for n in {o.value for o in shared.facet(Search(),Facet.SENSOR,limit=1000)}|shared.last_seen().keys(): shared.remove_sensor(n)
